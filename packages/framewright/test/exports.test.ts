import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as browser from "../src/browser.ts";
import * as bun from "../src/bun.ts";
import * as deno from "../src/deno.ts";
import * as node from "../src/node.ts";
import * as webBrowser from "../src/web-browser.ts";
import * as webBun from "../src/web-bun.ts";
import * as webDeno from "../src/web-deno.ts";
import * as webNode from "../src/web-node.ts";

const page = readFileSync(new URL("../../../docs/packages.md", import.meta.url), "utf8");
const [, list] = /<!-- exports -->([\s\S]*)<!-- \/exports -->/.exec(page) ?? [];
const documented = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort();

test.each(Object.entries({ node, deno, bun, browser }))(
  "the exports for %s are those that docs/packages.md lists",
  (_name, module) => {
    expect(Object.keys(module).sort()).toEqual(documented);
  },
);

test("the exports of framewright/web are the same for all runtimes", () => {
  const expected = ["WebSocket", "WebSocketError", "WebSocketStream"];
  for (const module of [webNode, webDeno, webBun, webBrowser]) {
    expect(Object.keys(module).sort()).toEqual(expected);
  }
});

test("errors and functions without a transport are the same objects for all runtimes", () => {
  for (const name of [
    "IncomingRequest",
    "HandshakeError",
    "UnsupportedError",
    "refuse",
    "StatusCode",
  ]) {
    const values = [node, deno, bun, browser].map((module) => Reflect.get(module, name));
    expect(new Set(values).size, name).toBe(1);
  }
});
