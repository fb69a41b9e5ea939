import {
  broadcast,
  createNetwork,
  Link,
  pair,
  reconnecting,
  route,
  serve,
} from "@framewright/websocket/testing";
import { expect, test } from "vitest";

const url = "ws://nobody.test/";
const { client, server, close } = await pair();

/** Calls with an option that is misspelt, and the option that it should have been. */
const misspelt: readonly [name: string, call: () => unknown, near: string][] = [
  ["serve", () => serve({ maxMesageSize: 1 } as never), "maxMessageSize"],
  ["tls of serve", () => serve({ tls: { crt: "" } } as never), "cert"],
  ["perClient", () => serve({ perClient: { conections: 1 } } as never), "connections"],
  ["heartbeat", () => serve({ heartbeat: { intervall: 1 } } as never), "interval"],
  ["a route", () => serve({ routes: { "/": { mesage() {} } } } as never), "message"],
  ["route", () => route("/", { mesage() {} } as never), "message"],
  ["queue", () => reconnecting(url, { queue: { maxByte: 1 } } as never), "maxBytes"],
  ["reconnecting", () => reconnecting(url, { maxDely: 1 } as never), "maxDelay"],
  ["broadcast", () => broadcast([server], "", { exept: server } as never), "except"],
  ["sendStream", () => client.sendStream([""], { txt: true } as never), "text"],
  ["pair", () => pair({ sever: {} } as never), "server"],
  ["createNetwork", () => createNetwork({ lnk: {} } as never), "link"],
  ["a link", () => new Link({ toServr: {} } as never), "toServer"],
  ["a direction", () => new Link({ toServer: { latncy: 1 } } as never), "latency"],
];

test.each(misspelt)("%s refuses an option that it does not know", async (_name, call, near) => {
  const fault: unknown = await (async () => call())().catch((error: unknown) => error);
  expect(fault).toMatchObject({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" });
  expect((fault as Error).message).toContain(`did you mean ${near}?`);
});

test("a misspelt option sends nothing and keeps nothing open", async () => {
  expect(client.bufferedAmount + server.bufferedAmount).toBe(0);
  expect(server.readyState).toBe("open");
  await close();
});
