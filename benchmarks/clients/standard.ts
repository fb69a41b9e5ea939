import { connectAll, url } from "./settings.ts";

/** The part of the standard WebSocket interface that is used here. */
interface StandardWebSocket {
  binaryType: string;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(
    type: "message",
    listener: (event: { data: string | ArrayBuffer }) => void,
  ): void;
  send(data: string | ArrayBuffer): void;
}

/** Runs an echo client on a WebSocket class with the standard browser interface. */
export function runStandard(Client: new (url: string) => unknown): Promise<void> {
  return connectAll(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = new Client(url) as StandardWebSocket;
        socket.binaryType = "arraybuffer";
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", () => reject(new Error(`cannot connect to ${url}`)));
        socket.addEventListener("message", ({ data }) => socket.send(data));
      }),
  );
}
