import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../../websocket/test/certificates.ts";
import {
  clientPreface,
  flags,
  frameTypes,
  headerBlock,
  http2Frame,
  settingsFrame,
} from "../../websocket/test/http2-frames.ts";
import { until } from "../../websocket/test/http2-peer.ts";
import { endStuckSessions } from "../src/stuck-sessions.ts";

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function watchedServer() {
  const server = http2.createSecureServer({ cert: certificates.cert, key: certificates.key });
  endStuckSessions(server, 50);
  endStuckSessions(server, 50);
  const sessions = new Set<http2.ServerHttp2Session>();
  let pings = 0;
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {}).once("close", () => sessions.delete(session));
    const { ping } = session;
    session.ping = (...args: unknown[]) => {
      pings++;
      return ping.apply(session, args as never);
    };
  });
  server.on("stream", (stream, { ":path": path }) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    if (path !== "/open") stream.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return { sessions, port: (server.address() as AddressInfo).port, pings: () => pings };
}

/** A header of 4,000 bytes, and 8,000 references to it in HPACK (RFC 7541 section 6.1). */
const bomb = Buffer.concat([
  headerBlock({ ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "a" }),
  Buffer.of(0x40, 3),
  Buffer.from("x-a"),
  Buffer.of(0x7f, 0xa1, 0x1e),
  Buffer.alloc(4_000, "b"),
  Buffer.alloc(8_000, 0xbe),
]);

test("a client that sends too large header blocks and leaves keeps no descriptor", async () => {
  const { port, sessions } = await watchedServer();
  for (let count = 0; count < 3; count++) {
    const { ca } = certificates;
    const tls = connect({ port, host: "127.0.0.1", ca, ALPNProtocols: ["h2"] }).pause();
    tls.on("error", () => {});
    await once(tls, "secureConnect");
    tls.write(Buffer.concat([Buffer.from(clientPreface), settingsFrame()]));
    const requests = Array.from({ length: 60 }, (_, index) =>
      http2Frame(frameTypes.headers, flags.endHeaders, 2 * index + 1, bomb),
    );
    await new Promise((resolve) => tls.write(Buffer.concat(requests), resolve));
    tls.destroy();
    await once(tls, "close");
  }
  await until(() => sessions.size === 0);
});

test("a client that is there gets one PING, and stays connected", async () => {
  const { port, sessions, pings } = await watchedServer();
  const client = http2.connect(`https://127.0.0.1:${port}`, { ca: certificates.ca });
  cleanups.push(() => client.destroy());
  await until(() => pings() === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([pings(), sessions.size, client.closed]).toEqual([1, 1, false]);
  // Further input leads to another one.
  const request = client.request({ ":path": "/" });
  request.resume();
  await once(request, "close");
  await until(() => pings() === 2);
  expect(sessions.size).toBe(1);
});

test("a connection with a stream is left alone", async () => {
  const { port, sessions, pings } = await watchedServer();
  const client = http2.connect(`https://127.0.0.1:${port}`, { ca: certificates.ca });
  cleanups.push(() => client.destroy());
  const request = client.request({ ":path": "/open" });
  request.on("error", () => {});
  await once(request, "response");
  const before = pings();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([pings() - before, sessions.size]).toEqual([0, 1]);
});

test("a session that the application destroys is not looked at any more", async () => {
  const { port, sessions } = await watchedServer();
  const { ca } = certificates;
  const tls = connect({ port, host: "127.0.0.1", ca, ALPNProtocols: ["h2"] }).pause();
  tls.on("error", () => {});
  cleanups.push(() => tls.destroy());
  await once(tls, "secureConnect");
  tls.write(Buffer.concat([Buffer.from(clientPreface), settingsFrame()]));
  await until(() => sessions.size === 1);
  const [session] = sessions;
  const { socket } = session;
  session.destroy();
  await new Promise((resolve) => setTimeout(resolve, 200));
  // What looked at it now would throw in a timer, and end the process.
  expect(() => socket.bytesRead).toThrow("disconnected from the Http2Session");
});
