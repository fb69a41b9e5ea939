import type { HandshakeError, IncomingRequest, ServeOptions } from "@framewright/websocket";
import { refuse } from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, upgradeRequest } from "../memory-transport.ts";

/** A server that records what `accept` and `refused` were called with. */
async function recordingServer(options: ServeOptions) {
  const events: string[] = [];
  const memory = await memoryServer({
    accept: (request) => void events.push(`accept ${request.target}`),
    refused: (request, fault) =>
      void events.push(`refused ${request?.target} ${fault.code} ${fault.status}`),
    ...options,
  });
  const ask = async (target: string, ...lines: string[]) => {
    const connection = memory.dial();
    connection.peer.send(upgradeRequest(target, ...lines));
    await settle();
    return { ...connection, status: Number(connection.peer.text.split(" ")[1]) };
  };
  return { ...memory, ask, events };
}

describe("origins", () => {
  const cases: [NonNullable<ServeOptions["origins"]>, string, boolean][] = [
    ["any", "https://evil.example", true],
    ["same", "http://server.example.com", true],
    ["same", "https://server.example.com", true],
    ["same", "https://SERVER.example.com:443", true],
    ["same", "http://server.example.com:80", true],
    ["same", "http://server.example.com:443", false],
    ["same", "http://server.example.com:8080", false],
    ["same", "https://server.example.com.evil.example", false],
    ["same", "https://evil.example", false],
    ["same", "null", false],
    [["https://a.example", "https://b.example:8443"], "https://a.example", true],
    [["https://a.example", "https://b.example:8443"], "https://b.example:8443", true],
    [["https://a.example", "https://b.example:8443"], "https://b.example", false],
    [["https://a.example"], "http://a.example", false],
    [["https://a.example"], "https://a.example.evil.example", false],
    [[], "https://a.example", false],
    [(origin) => origin.endsWith(".example"), "https://a.example", true],
    [(_origin, request) => request.path === "/other", "https://a.example", false],
    [(() => "yes") as never, "https://a.example", false],
  ];
  test.each(cases)("%j: %s is allowed: %s", async (origins, origin, isAllowed) => {
    const { ask, events } = await recordingServer({ origins });
    const { status, peer } = await ask("/x", `Origin: ${origin}`);
    expect(status).toBe(isAllowed ? 101 : 403);
    expect(events).toEqual([isAllowed ? "accept /x" : "refused /x WS_ERR_ORIGIN_NOT_ALLOWED 403"]);
    if (!isAllowed)
      expect(peer.text).toContain(
        "connections from this origin are not allowed (WS_ERR_ORIGIN_NOT_ALLOWED)\n",
      );
  });

  test("a client without an Origin is no browser", async () => {
    const { ask } = await recordingServer({ origins: [] });
    expect((await ask("/")).status).toBe(101);
  });
});

describe("maxConnections", () => {
  test("further handshakes get 503 with Retry-After before accept, until a socket closes", async () => {
    const { ask, events, server } = await recordingServer({ maxConnections: 2 });
    const [first] = [await ask("/1"), await ask("/2")];
    const { status, peer } = await ask("/3");
    expect(status).toBe(503);
    expect(peer.text).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(events).toEqual([
      "accept /1",
      "accept /2",
      "refused /3 WS_ERR_TOO_MANY_CONNECTIONS 503",
    ]);
    first.transport.listener.failed(new Error("reset"));
    expect((await ask("/4")).status).toBe(101);
    expect(server.clients.size).toBe(2);
    expect((await ask("/5")).status).toBe(503);
  });

  test("holds when several handshakes are decided at the same time", async () => {
    const decisions: (() => void)[] = [];
    const { ask, server } = await recordingServer({
      maxConnections: 1,
      accept: () => new Promise((resolve) => decisions.push(() => resolve(undefined))),
    });
    const asked = [await ask("/1"), await ask("/2")];
    for (const decide of decisions) decide();
    await settle();
    expect(asked.map(({ peer }) => peer.text.split(" ")[1])).toEqual(["101", "503"]);
    expect(server.clients.size).toBe(1);
  });
});

describe("maxPendingHandshakes", () => {
  const waiting = () => new Promise<undefined>(() => {});

  test("the oldest without a request gets 503, and is dropped when too many have that answer", async () => {
    const { dial, ask, events, server } = await recordingServer({ maxPendingHandshakes: 2 });
    const dialled = Array.from({ length: 5 }, () => dial());
    dialled[2].peer.send("GET / HTTP/1.1\r\n");
    await settle();
    for (const { peer } of dialled.slice(0, 2)) {
      expect(peer.text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(peer.text).toMatch(/\r\nRetry-After: 5\r\n/);
      expect(peer.hasEnded).toBe(true);
    }
    const refused = "refused undefined WS_ERR_TOO_MANY_HANDSHAKES 503";
    expect(events).toEqual([refused, refused]);
    dialled.push(dial());
    expect([dialled[2].transport.destroyed, dialled[2].peer.text]).toEqual([true, ""]);
    expect(events).toEqual([refused, refused]);
    for (const { peer, transport } of dialled.slice(4)) {
      expect([peer.text, transport.destroyed]).toEqual(["", false]);
    }
    expect(server.stats().pendingHandshakes).toBe(2);
    dialled[4].peer.send(upgradeRequest("/first"));
    await settle();
    expect(dialled[4].peer.text).toMatch(/^HTTP\/1\.1 101 /);
    expect((await ask("/next")).status).toBe(101);
  });

  test("a newcomer is served while all places are held by connections that say nothing", async () => {
    const { dial, ask, server } = await recordingServer({ maxPendingHandshakes: 3 });
    for (let index = 0; index < 12; index++) {
      for (let silent = 0; silent < 3; silent++) dial();
      expect((await ask(`/${index}`)).status).toBe(101);
    }
    expect(server.clients.size).toBe(12);
  });

  test("handshakes that accept decides on are never dropped: the newest gets 503", async () => {
    const { dial, ask, events, server } = await recordingServer({
      maxPendingHandshakes: 2,
      accept: waiting,
    });
    const silent = dial();
    const asked = [await ask("/1"), await ask("/2")];
    expect(silent.peer.text).toMatch(/^HTTP\/1\.1 503 /);
    expect((await ask("/3")).status).toBe(503);
    const terminated = dial();
    expect([terminated.transport.destroyed, terminated.peer.text]).toEqual([true, ""]);
    expect(asked.map(({ peer, transport }) => [peer.text, transport.destroyed])).toEqual([
      ["", false],
      ["", false],
    ]);
    expect(events).toEqual(Array(2).fill("refused undefined WS_ERR_TOO_MANY_HANDSHAKES 503"));
    expect(server.stats().pendingHandshakes).toBe(2);
  });

  test("a server that the handler `refused` closes has no handshake left", async () => {
    const { dial, server } = await recordingServer({
      maxPendingHandshakes: 1,
      refused: () => void server.close(),
    });
    const dialled = [dial(), dial()];
    await settle();
    expect(dialled[1].transport.destroyed).toBe(true);
    expect(server.stats().pendingHandshakes).toBe(0);
  });
});

describe("refused", () => {
  test("hears of each failed handshake, with its reason", async () => {
    const { ask, dial, events } = await recordingServer({
      error: () => {},
      accept: (request) => {
        if (request.path === "/throw") throw new Error("database is down");
        return refuse(404, "no such room") as never;
      },
    });
    await ask("/missing");
    await ask("/throw");
    const { peer: broken } = dial();
    broken.send("GET / HTTP/9.9\r\n\r\n");
    const { peer: plain } = dial();
    plain.send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
    const { peer: gone } = dial();
    gone.send("GET /go");
    gone.transport.shutdown();
    const { peer: scan } = dial();
    scan.transport.shutdown();
    await settle();
    expect(events).toEqual([
      "refused /missing WS_ERR_REFUSED 404",
      "refused /throw WS_ERR_HANDLER_FAILED 500",
      expect.stringMatching(/^refused undefined WS_ERR_INVALID_HTTP /),
      "refused /plain WS_ERR_INVALID_UPGRADE 426",
      "refused undefined WS_ERR_HANDSHAKE_INCOMPLETE 0",
    ]);
  });

  test("does not hear of plain HTTP requests that `http` answers, fails to answer, or loses", async () => {
    const errors: string[] = [];
    const { dial, events, server } = await recordingServer({
      http: (request) => {
        if (request.path === "/throw") throw new Error("database is down");
        return request.path === "/ok" ? { status: 200 } : new Promise(() => {});
      },
      error: (error) => void errors.push((error as Error).message),
    });
    for (const path of ["/ok", "/throw", "/slow"]) {
      const { peer, transport } = dial();
      peer.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await settle();
      if (path === "/slow") transport.listener.failed(new Error("reset"));
    }
    expect([events, errors, server.stats().refused]).toEqual([[], ["database is down"], {}]);
  });

  test("an origins function that throws is reported: 500, and the reason", async () => {
    const errors: unknown[] = [];
    const failure = new Error("no list");
    const { ask, events } = await recordingServer({
      origins() {
        throw failure;
      },
      error: (error) => void errors.push(error),
    });
    expect((await ask("/", "Origin: https://a.example")).status).toBe(500);
    expect(errors).toEqual([failure]);
    expect(events).toEqual(["refused / WS_ERR_HANDLER_FAILED 500"]);
  });

  test("an error that it throws is reported, and the client gets its answer", async () => {
    const errors: unknown[] = [];
    const failure = new Error("log is full");
    const { ask } = await recordingServer({
      origins: [],
      refused() {
        throw failure;
      },
      error: (error) => void errors.push(error),
    });
    expect((await ask("/", "Origin: https://a.example")).status).toBe(403);
    expect(errors).toEqual([failure]);
  });
});

describe("while accept decides", () => {
  async function deciding(options: ServeOptions = {}) {
    let seen: IncomingRequest | undefined;
    let decide = () => {};
    const faults: HandshakeError[] = [];
    const messages: unknown[] = [];
    const memory = await memoryServer({
      accept: (request) => {
        seen = request;
        return new Promise((resolve) => {
          decide = () => resolve(undefined);
        });
      },
      message: (_socket, data) => void messages.push(data),
      refused: (_request, fault) => void faults.push(fault),
      ...options,
    });
    const { peer, transport } = memory.dial();
    peer.send(upgradeRequest());
    await settle();
    const request = seen as IncomingRequest;
    return { ...memory, peer, transport, request, decide: () => decide(), faults, messages };
  }

  test("the request's signal is aborted when the client goes away", async () => {
    const { peer, request, decide, faults, server } = await deciding();
    let aborts = 0;
    request.signal.addEventListener("abort", () => {
      aborts++;
    });
    expect(request.signal.aborted).toBe(false);
    peer.transport.shutdown();
    await settle();
    expect([aborts, request.signal.aborted]).toEqual([1, true]);
    expect(faults.map(({ code }) => code)).toEqual(["WS_ERR_HANDSHAKE_INCOMPLETE"]);
    decide();
    await settle();
    expect(server.clients.size).toBe(0);
  });

  test("the signal is aborted by the handshake timeout, also if it is read afterwards", async () => {
    const { peer, request, faults } = await deciding({ handshakeTimeout: 20 });
    while (faults.length === 0) await settle();
    expect(request.signal.aborted).toBe(true);
    expect(faults.map(({ code }) => code)).toEqual(["WS_ERR_HANDSHAKE_TIMEOUT"]);
    expect(peer.text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("the signal of an accepted request is never aborted", async () => {
    const { peer, request, decide } = await deciding();
    const { signal } = request;
    decide();
    await settle();
    peer.transport.shutdown();
    await settle();
    expect(signal.aborted).toBe(false);
  });

  test("up to 64 KiB are kept, in any pieces; more end the connection", async () => {
    for (const length of [65_536, 65_537]) {
      const { peer, transport, decide, messages, faults } = await deciding();
      const frame = [0x82, 0xfe, 0xff, 0xf8, 1, 2, 3, 4];
      const bytes = new Uint8Array(length);
      bytes.set(frame);
      for (let at = 0; at < length; at += 1_000) peer.send(bytes.subarray(at, at + 1_000));
      await settle();
      expect(transport.destroyed).toBe(length > 65_536);
      decide();
      await settle();
      expect(messages.length).toBe(length > 65_536 ? 0 : 1);
      expect(faults.length).toBe(length > 65_536 ? 1 : 0);
      if (length === 65_536) expect((messages[0] as Uint8Array).length).toBe(65_528);
    }
  });

  test("a client that sends a message before the answer gets it handled afterwards", async () => {
    const { peer, decide, messages } = await deciding();
    peer.send(maskedFrame(1, "early"));
    await settle();
    expect(messages).toEqual([]);
    decide();
    await settle();
    expect(messages).toEqual(["early"]);
  });
});
