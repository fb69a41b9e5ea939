import { describe, expect, test } from "vitest";
import { type HostileAct, survivable } from "../../websocket/test/http2-hostile/act.ts";
import { afterResponse } from "../../websocket/test/http2-hostile/after-response.ts";
import { beforeResponse } from "../../websocket/test/http2-hostile/before-response.ts";
import { refusals } from "../../websocket/test/http2-hostile/refusals.ts";
import { HostileServer } from "../../websocket/test/http2-hostile/server.ts";
import { runScriptFromSource, runtimes } from "../src/runtimes.ts";

const acts = [...beforeResponse, ...refusals, ...afterResponse];
/** Answers like `accept`, and never ends TCP. */
const holdsTcp: HostileAct = {
  name: "a closing handshake without the end of TCP",
  serve: async (connection) => {
    const stream = await connection.accept();
    connection.endStream(stream, Buffer.from([0x88, 2, 3, 0xe8]));
  },
  outcome: ["open"],
};

describe.concurrent.each(runtimes)("hostile servers of HTTP/2 on $name", (runtime) => {
  test("nothing that they do keeps a client's process, ends it or fills its memory", {
    timeout: 60_000,
  }, async () => {
    const servers = await Promise.all(
      survivable([...acts, holdsTcp], runtime.name).map(({ serve }) => HostileServer.start(serve)),
    );
    const urls = servers.map(({ port }) => `ws://127.0.0.1:${port}/`);
    // The servers' frames are no TLS, and some say nothing. Bun 1.4.5 does not end TCP before the
    // handshake of TLS is done.
    if (runtime.name !== "bun")
      urls.push(...urls.slice(0, 10).map((url) => url.replace("ws:", "wss:")));
    const script = `packages/conformance/src/exit/leaving-${runtime.name}.ts`;
    const client = runScriptFromSource(runtime, script, urls);
    try {
      expect(await client.exited).toBe(0);
      expect(client.standardError).toBe("");
      expect(Number(await client.line(0))).toBeLessThan(400_000_000);
    } finally {
      await client.stop("SIGKILL");
      for (const server of servers) server.stop();
    }
  });
});
