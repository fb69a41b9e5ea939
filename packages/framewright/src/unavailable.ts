import { UnsupportedError } from "@framewright/websocket";

/** What replaces a function that needs a transport. */
const replacements = {
  serve: "",
  attach: "",
  createUpgrades: "",
  connect: "; here use WebSocket, or reconnecting of framewright/client",
};

/** The used globals. */
export const globals = globalThis as { readonly WebSocket?: object; WebSocketStream?: object };

/** Returns the error of a function that only Node, Deno and Bun can have. */
export function unavailable(name: keyof typeof replacements): UnsupportedError {
  return new UnsupportedError(
    `${name} works on Node, Deno and Bun, and this build has the export condition of none of them${replacements[name]}. A bundle for such a runtime needs its condition: node, deno or bun`,
    "WS_ERR_WRONG_RUNTIME",
  );
}

/** Returns a class whose constructor says that the runtime has no such class. */
export function missingClass(name: string): new () => object {
  return class {
    constructor() {
      throw new UnsupportedError(`this runtime has no class ${name}`, "WS_ERR_UNSUPPORTED");
    }
  };
}
