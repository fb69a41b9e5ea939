import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { DiagnosticsMessages } from "@framewright/websocket";

/** What to call for each message of a channel. */
export type Subscribers = {
  readonly [Name in keyof DiagnosticsMessages]?: (message: DiagnosticsMessages[Name]) => void;
};

/**
 * Subscribes to channels of Framewright.
 *
 * @returns A function that ends the subscriptions.
 */
export function subscribeAll(subscribers: Subscribers): () => void {
  const ends = Object.entries(subscribers).map(([name, subscriber]) => {
    const listener = (message: unknown) => subscriber(message as never);
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  return () => {
    for (const end of ends) end();
  };
}
