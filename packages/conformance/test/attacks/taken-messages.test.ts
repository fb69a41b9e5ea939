import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer, startSubject } from "../../src/attack/attacked-server.ts";
import { numbered, numberedCount } from "../../src/attack/modes/iterating.ts";
import { concat, FrameWriter, type Role } from "../../src/frame-bytes.ts";
import { ReceivedHead, upgradeAnswer } from "../../src/opening-handshake.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

/** Returns all numbered messages. */
function burst(role: Role): Uint8Array {
  const write = new FrameWriter(role);
  const frames = Array.from({ length: numberedCount }, (_, i) => write.binary(numbered(i)));
  return concat(...frames);
}

const allWhole = { wrong: [], count: numberedCount };

describe.each(runtimes)(
  "messages whose memory is transferred as they are read on $name",
  (runtime) => {
    let server: AttackedServer;

    beforeAll(async () => {
      server = await AttackedServer.start(runtime, "iterating");
    });

    afterAll(() => server?.stop());

    test("a server's socket delivers every message of a burst intact", async () => {
      const peer = await server.open();
      await peer.send(burst("client"));
      const frame = await peer.takeFrame();
      expect(JSON.parse(Buffer.from(frame?.payload ?? []).toString())).toEqual(allWhole);
      peer.destroy();
      expect(server.process.standardError).toBe("");
      expect((await server.state()).errors).toEqual([]);
    });

    test("a client's socket delivers every message of a burst intact", async () => {
      const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      const client = startSubject(runtime, ["client", `ws://127.0.0.1:${port}/`]);
      const [socket] = await once(listener, "connection");
      const peer = new RawPeer(socket);
      const head = new ReceivedHead((await peer.takeHead()) as string);
      await peer.send(upgradeAnswer(head.one("sec-websocket-key") as string));
      await peer.send(burst("server"));
      expect(JSON.parse(await client.line(0))).toEqual(allWhole);
      expect(client.standardError).toBe("");
      peer.destroy();
      listener.close();
      await client.stop("SIGKILL");
    });
  },
);
