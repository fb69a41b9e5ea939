import { expect, test } from "vitest";
import * as bun from "../src/bun.ts";
import * as deno from "../src/deno.ts";
import * as node from "../src/node.ts";
import * as testing from "../src/testing.ts";

const { versions } = process;
const current = versions.deno ? "deno" : versions.bun ? "bun" : "node";
const all = { node, deno, bun };
const names = ["node", "deno", "bun"] as const;
const others = names.filter((name) => name !== current);

test("a round trip with the exports for this runtime", async () => {
  const { connect, serve } = all[current];
  const server = await serve({ message: (socket, data) => void socket.send(data) });
  const socket = await connect(`ws://127.0.0.1:${server.port}/`);
  socket.send("hello");
  const { value } = await socket[Symbol.asyncIterator]().next();
  expect(value).toBe("hello");
  socket.close(1000);
  await server.close();
});

test.each(others)("the transport for %s says that it is on the wrong runtime", async (name) => {
  const { attach, connect, createUpgrades, reconnecting, serve, WebSocket } = all[name];
  const expected = {
    name: "UnsupportedError",
    code: "WS_ERR_WRONG_RUNTIME",
    message: expect.stringMatching(
      new RegExp(
        `^@framewright/${name}-transport works on .* import @framewright/${current}-transport,`,
      ),
    ),
  };
  await expect(serve({})).rejects.toMatchObject(expected);
  await expect(connect("ws://127.0.0.1:1/")).rejects.toMatchObject(expected);
  await expect(reconnecting("ws://127.0.0.1:1/").ready).rejects.toMatchObject({ cause: expected });
  expect(() => new WebSocket("ws://127.0.0.1:1/")).toThrow(expect.objectContaining(expected));
  expect(() => attach({} as never, {})).toThrow(expect.objectContaining(expected));
  expect(() => createUpgrades({})).toThrow(expect.objectContaining(expected));
});

test("framewright/testing and framewright share one set of classes", async () => {
  const { HandshakeError } = all[current];
  await expect(testing.connect("ws://nobody.test/")).rejects.toBeInstanceOf(HandshakeError);
});
