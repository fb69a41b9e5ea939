import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClientSession, type Conversation, keyOf } from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { upgradeAnswer } from "../src/opening-handshake.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { echoes, openPeer } from "../src/server-driver.ts";

const loopback = "::1";

beforeAll(async () => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new Error(`IPv6 needs a machine that has ${loopback}: ${error.message}`)),
    );
    server.listen(0, loopback, resolve);
  });
  server.close();
});

describe.each(runtimes)("the echo server on $name at an IPv6 address", (runtime) => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startEchoServer(runtime, ["--host", loopback]);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  test("echoes, and prints its address in brackets (section 3)", async () => {
    expect(await server.process.line(0)).toBe(`listening on ws://[::1]:${server.port}`);
    const peer = await openPeer(server.port, undefined, loopback);
    expect(await echoes(peer, "over IPv6")).toBe(true);
    peer.destroy();
  });
});

describe.each(runtimes)("the echo client on $name at an IPv6 address", (runtime) => {
  let session: ClientSession<string>;

  beforeAll(async () => {
    const conversation: Conversation<string> = async (peer, request) => {
      const port = peer.socket.localPort;
      const write = new FrameWriter("server");
      await peer.send(upgradeAnswer(keyOf(request)), write.close(1000));
      await peer.takeFrame();
      return `${request.one("host")} at ${port}`;
    };
    session = await ClientSession.start(runtime, [conversation], [], undefined, loopback);
  });

  afterAll(() => session?.stop());

  test("sends the address in brackets in its Host header (section 4.1)", async () => {
    const { result, report } = await session.outcome(0);
    const port = /(\d+)$/.exec(result)?.[1];
    expect(result).toBe(`[::1]:${port} at ${port}`);
    expect(report).toMatchObject({ statusCode: 1000, wasClean: true });
  });
});
