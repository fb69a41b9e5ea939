/** How an application sends on one server. */
export interface Sending {
  send(data: string | Uint8Array<ArrayBuffer>): void;
  broadcast(data: Uint8Array<ArrayBuffer>): void;
}

/** Interval of the messages that a client asks for, in milliseconds. */
export const interval = 10;

/**
 * What every victim does with a message: "!send COUNT LENGTH" asks for as many messages, ten at a
 * time, "!broadcast COUNT LENGTH" for messages to all, one at a time. Others are echoed, without regard to whether
 * the client reads.
 */
export function handle(data: string | Uint8Array<ArrayBuffer>, { send, broadcast }: Sending): void {
  if (typeof data !== "string" || !data.startsWith("!")) return send(data);
  const [name, count, length] = data.split(" ");
  const message = new Uint8Array(Number(length));
  const toAll = name === "!broadcast";
  const deliver = toAll ? broadcast : send;
  let left = Number(count);
  const timer = setInterval(() => {
    for (let i = 0; i < (toAll ? 1 : 10) && left > 0; i++, left--) deliver(message);
    if (left === 0) clearInterval(timer);
  }, interval);
}
