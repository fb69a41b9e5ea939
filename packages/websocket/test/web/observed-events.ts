import type { WebSocketEvents } from "@framewright/websocket";
import type { WebSocket } from "@framewright/websocket/transport";

// biome-ignore lint/suspicious/noExplicitAny: the tests read the members of all kinds of events
type AnyEvent = Event & Record<string, any>;

/** Resolves to the next event of a type. */
export function once(socket: WebSocket, type: keyof WebSocketEvents): Promise<AnyEvent> {
  return new Promise((resolve) => {
    socket.addEventListener(type, (event) => resolve(event as AnyEvent), { once: true });
  });
}

/** Returns a list of all events from now on, as text. */
export function logOf(socket: WebSocket): string[] {
  const log: string[] = [];
  socket.addEventListener("open", () => log.push("open"));
  socket.addEventListener("message", ({ data }) => log.push(`message ${shown(data)}`));
  socket.addEventListener("error", () => log.push("error"));
  socket.addEventListener("close", (event) => {
    const { code, reason, wasClean } = event as AnyEvent;
    log.push(`close ${code} ${reason} ${wasClean}`);
  });
  return log;
}

function shown(data: unknown): string {
  return data instanceof ArrayBuffer ? `[${new Uint8Array(data)}]` : String(data);
}

/** Lets a test pass arguments that the declarations forbid. */
// biome-ignore lint/suspicious/noExplicitAny: Web IDL converts arguments of any type
export const loose = (value: unknown) => value as any;

/** Returns the name of what a call throws, or "" if it throws nothing. */
export function thrown(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    return (error as Error).name;
  }
}
