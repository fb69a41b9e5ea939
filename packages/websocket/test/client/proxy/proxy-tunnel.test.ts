import type { HandshakeError } from "@framewright/codec";
import { expect, test } from "vitest";
import { HttpConnect } from "../../../src/client/proxy/http-connect.ts";
import { ProxyTunnel } from "../../../src/client/proxy/proxy-tunnel.ts";
import { type ProxyUrl, parseProxyUrl } from "../../../src/client/proxy/proxy-url.ts";
import { memoryPipe, RawPeer, settle } from "../../memory-transport.ts";

/** A tunnel over a pipe whose other end, the proxy, is the test's. */
function start(abort = new AbortController()) {
  const [client, server] = memoryPipe();
  new RawPeer(client);
  const peer = new RawPeer(server);
  const events: string[] = [];
  const proxy = parseProxyUrl("http://p") as ProxyUrl;
  const dialogue = new HttpConnect({ hostname: "a", port: 1 }, proxy, "");
  const tunnel = new ProxyTunnel(dialogue, abort.signal, {
    opened: (_transport, rest) => void events.push(`opened ${new TextDecoder().decode(rest)}`),
    failed: ({ code }: HandshakeError) => void events.push(code),
  });
  tunnel.start(client);
  return { abort, client, peer, events };
}

test("passes on the transport with what follows the answer", async () => {
  const { client, peer, events } = start();
  await settle();
  expect(peer.text).toBe("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\n\r\nrest");
  await settle();
  expect([events, client.destroyed]).toEqual([["opened rest"], false]);
});

test("reports one error, and destroys the transport", async () => {
  const { client, peer, events } = start();
  peer.send("nonsense\r\n\r\n", "more");
  peer.transport.shutdown();
  await settle();
  expect([events, client.destroyed]).toEqual([["WS_ERR_PROXY_INVALID_RESPONSE"], true]);
});

test("a refusal whose body is cut off is a refusal", async () => {
  const { client, peer, events } = start();
  peer.send("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\npart");
  await settle();
  expect(events).toEqual([]);
  peer.transport.shutdown();
  await settle();
  expect([events, client.destroyed]).toEqual([["WS_ERR_PROXY_REFUSED"], true]);
});

test("its signal ends it without a word", async () => {
  const { abort, client, peer, events } = start();
  abort.abort();
  peer.send("HTTP/1.1 200 OK\r\n\r\n");
  await settle();
  expect([events, client.destroyed]).toEqual([[], true]);
});

test("does not start after its signal", async () => {
  const abort = new AbortController();
  abort.abort();
  const { client, peer, events } = start(abort);
  await settle();
  expect([events, client.destroyed, peer.text]).toEqual([[], true, ""]);
});
