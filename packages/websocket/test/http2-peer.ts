import type * as http2 from "node:http2";

export type Headers = Record<string, string>;

/** Resolves when the condition is true. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("the condition did not become true");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A WebSocket client by hand, on one stream of an HTTP/2 connection. */
export class StreamPeer {
  readonly stream: http2.ClientHttp2Stream;
  received = Buffer.alloc(0);
  response: http2.IncomingHttpHeaders | undefined = undefined;
  hasEnded = false;
  isClosed = false;

  constructor(session: http2.ClientHttp2Session, path: string, headers: Headers = {}) {
    this.stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "http",
      ":path": path,
      ":authority": "server.example.com",
      "sec-websocket-version": "13",
      ...headers,
    });
    this.stream.on("response", (response) => {
      this.response = response;
    });
    this.stream.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    this.stream.on("end", () => {
      this.hasEnded = true;
    });
    this.stream.on("error", () => {});
    this.stream.on("close", () => {
      this.isClosed = true;
    });
  }

  send(...frames: (readonly number[])[]): void {
    this.stream.write(Buffer.concat(frames.map((frame) => Buffer.from(frame))));
  }

  async status(): Promise<number> {
    await until(() => this.response !== undefined || this.isClosed);
    return Number(this.response?.[":status"]);
  }

  async receives(text: string): Promise<void> {
    await until(() => this.received.toString("latin1") === text);
    this.received = Buffer.alloc(0);
  }
}
