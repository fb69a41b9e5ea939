import { afterEach, expect, test, vi } from "vitest";
import * as browser from "../src/browser.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const wrongRuntime = { name: "UnsupportedError", code: "WS_ERR_WRONG_RUNTIME" };

test("serve and connect reject with a code and say what to do", async () => {
  await expect(browser.serve({ accept: () => undefined })).rejects.toMatchObject({
    ...wrongRuntime,
    message: expect.stringMatching(
      /^serve works on Node, Deno and Bun.* condition: node, deno or bun \(WS_ERR_WRONG_RUNTIME\)$/,
    ),
  });
  await expect(browser.connect("ws://localhost/")).rejects.toMatchObject({
    ...wrongRuntime,
    message: expect.stringMatching(
      /^connect works on .*; here use WebSocket, or reconnecting of framewright\/client/,
    ),
  });
});

test("attach and createUpgrades throw with a code", () => {
  expect(() => browser.attach({} as never, {})).toThrow(expect.objectContaining(wrongRuntime));
  expect(() => browser.createUpgrades({})).toThrow(expect.objectContaining(wrongRuntime));
});

test("WebSocket and WebSocketStream are the runtime's own classes", async () => {
  class WebSocket {}
  class WebSocketStream {}
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal("WebSocketStream", WebSocketStream);
  vi.resetModules();
  const web = await import("../src/web-browser.ts");
  expect(web.WebSocket).toBe(WebSocket);
  expect(web.WebSocketStream).toBe(WebSocketStream);
});

test("without a class of the runtime the constructor throws WS_ERR_UNSUPPORTED", async () => {
  vi.stubGlobal("WebSocketStream", undefined);
  vi.resetModules();
  const web = await import("../src/web-browser.ts");
  const Missing = web.WebSocketStream as new (url: string) => object;
  expect(() => new Missing("ws://localhost/")).toThrow(
    expect.objectContaining({
      code: "WS_ERR_UNSUPPORTED",
      message: "this runtime has no class WebSocketStream (WS_ERR_UNSUPPORTED)",
    }),
  );
});
