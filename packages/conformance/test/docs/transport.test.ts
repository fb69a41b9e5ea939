import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import {
  type AddressInfo,
  createServer,
  connect as dial,
  type Socket as TcpSocket,
} from "node:net";
import type { ConnectOptions, ServeOptions, Server, Socket } from "@framewright/websocket";
import { type ContractCase, transportContract } from "@framewright/websocket/testing";
import type { Transport } from "@framewright/websocket/transport";
import { beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { repositoryPath } from "../../src/runtimes.ts";

/** Cases that fill the buffers of the operating system, which takes seconds. */
const isLong = ({ name }: ContractCase) => /peer (that does not read|is gone)/.test(name);

/** What the program of docs/codec/transport.md exports. */
interface Program {
  TcpTransport: new (socket: TcpSocket) => Transport;
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
}

let program: Program;

beforeAll(async () => {
  const text = readFileSync(repositoryPath("docs/codec/transport.md"), "utf8");
  const [, code] = /^```ts \[transport\.ts\]\n(.*?)^```$/ms.exec(text) ?? [];
  const folder = repositoryPath("packages/conformance/.artifacts/transport");
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/transport.ts`, code);
  program = await import(`${folder}/transport.ts`);
});

describe("the transport of docs/codec/transport.md", () => {
  const cases = transportContract((pair) => {
    const { TcpTransport } = program;
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      pair.server(new TcpTransport(socket));
      listener.close();
    });
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as AddressInfo;
      const socket = dial({ host: "127.0.0.1", port, allowHalfOpen: true }, () =>
        pair.client(new TcpTransport(socket)),
      );
    });
  });
  for (const { name, run } of cases.filter((each) => isFullDepth || !isLong(each))) {
    test(name, run);
  }

  test("carries a server and a client", async () => {
    const server = await program.serve({ message: (socket, data) => socket.send(data) });
    const socket = await program.connect(`ws://127.0.0.1:${server.port}/`);
    const messages = ["hello", new Uint8Array(300_000).fill(7)];
    for (const message of messages) socket.send(message);
    const received: unknown[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === messages.length) socket.close(4001, "done");
    }
    expect(received).toEqual(messages);
    expect(await socket.closed).toMatchObject({ statusCode: 4001, wasClean: true });
    expect((await server.close()).terminated).toBe(0);
    await expect(program.connect(`ws://127.0.0.1:${server.port}/`)).rejects.toMatchObject({
      code: "WS_ERR_CONNECT_FAILED",
    });
  });
});
