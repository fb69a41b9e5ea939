import type { Fault } from "@framewright/codec/inspect";
import { element } from "../../chat/page/element.ts";
import { explainFault, sectionUrl } from "./fault-texts.ts";

/** Lists faults, each with its rule's section and an explanation. */
export function faultView(faults: readonly Fault[]): HTMLElement[] {
  if (faults.length === 0) return [];
  const list = element("ul", "faults");
  list.ariaLabel = "Faults";
  for (const fault of faults) {
    const link = element("a", "section", `RFC ${fault.rfc} § ${fault.section}`);
    link.href = sectionUrl(fault);
    link.rel = "noreferrer";
    const sentence = `${fault.message[0].toUpperCase()}${fault.message.slice(1)}.`;
    const head = element("p", "fault-head", element("strong", "", sentence), " ", link);
    const item = element("li", "", head, element("p", "why", explainFault(fault)));
    item.append(element("code", "code", fault.code));
    list.append(item);
  }
  return [list];
}
