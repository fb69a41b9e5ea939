import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FrameStream } from "../../../../examples/chat/page/frame-stream.ts";
import { maxTextLength } from "../../../../examples/chat/protocol.ts";
import { type RuntimeName, ServerProcess } from "../../../../examples/chat/server-process.ts";
import { address, Guest, refusal } from "./guest.ts";

const runtimes: readonly RuntimeName[] = ["Node", "Deno", "Bun"];
const wireId = "0123456789abcdef0123456789abcdef";

describe.each(runtimes)("the chat room on %s", (runtime) => {
  let server: ServerProcess;
  let url: string;
  let host: string;
  let guests: Guest[] = [];

  beforeAll(async () => {
    server = new ServerProcess(runtime, "127.0.0.1", 0);
    url = await server.ready;
    host = new URL(url).host;
  });
  afterEach(async () => {
    const leaving = guests.filter(({ socket }) => socket.readyState !== WebSocket.CLOSED);
    guests = [];
    await Promise.all(leaving.map((guest) => closeGuest(guest)));
  });
  afterAll(() => server.stop());

  const enter = async (name: string, query = {}): Promise<Guest> => {
    const guest = await Guest.open(url, { name, ...query });
    guests.push(guest);
    return guest;
  };

  it("serves its page, and nothing else, over HTTP", async () => {
    const types: Readonly<Record<string, string>> = {
      "/": "text/html; charset=utf-8",
      "/style.css": "text/css; charset=utf-8",
      "/page.js": "text/javascript; charset=utf-8",
      "/favicon.svg": "image/svg+xml",
    };
    for (const [path, type] of Object.entries(types)) {
      const response = await fetch(new URL(path, url));
      expect([path, response.status, response.headers.get("content-type")]).toEqual([
        path,
        200,
        type,
      ]);
      expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
      expect((await response.text()).length).toBeGreaterThan(100);
    }
    expect((await fetch(new URL("/chat.ts", url))).status).toBe(404);
    expect((await fetch(new URL("/rooms/lobby?name=Ada", url))).status).toBe(426);
    expect((await fetch(url, { method: "POST", body: "x" })).status).toBe(405);
  });

  it("refuses unknown paths and invalid queries", async () => {
    expect(await refusal(url, "/attic", { name: "Ada" })).toBe(404);
    for (const room of ["", "a/b", "%20", "a%0Ab", "-", "x".repeat(25), "a%2Cb"]) {
      expect([room, await refusal(url, `/rooms/${room}`, { name: "Ada" })]).toEqual([room, 404]);
    }
    for (const name of ["", "   ", "x".repeat(25), "a\nb", "\u200b"]) {
      expect([name, await refusal(url, "/rooms/lobby", { name })]).toEqual([name, 400]);
    }
    expect(await refusal(url, "/rooms/lobby", {})).toBe(400);
    expect(await refusal(url, "/rooms/lobby", { name: "Ada", wire: wireId })).toBe(400);
    expect(await refusal(url, "/wire", { id: "short" })).toBe(400);
  });

  it("is open to its own page only", async () => {
    const query = { name: "Ada" };
    for (const origin of ["http://example.com", `http://${host}.example.com`, "null"]) {
      expect([origin, await refusal(url, "/rooms/lobby", query, origin)]).toEqual([origin, 403]);
    }
    expect(await refusal(url, "/rooms/lobby", query, `https://${host}`)).toBe(403);
    const own = new WebSocket(address(url, "/rooms/lobby", query), { origin: `http://${host}` });
    await once(own, "open");
    own.close();
    await once(own, "close");
  });

  it("tells everyone about participants and messages", async () => {
    const ada = await enter("  Ada  ");
    const welcome = await ada.next("welcome");
    expect(welcome.runtime.name).toBe(runtime);
    expect(welcome.people).toContainEqual({ id: welcome.id, name: "Ada" });

    const grace = await enter("Grace");
    const { id } = await grace.next("welcome");
    expect(await ada.next("joined")).toMatchObject({ id, name: "Grace" });
    grace.say("hello ✓  ");
    for (const guest of [ada, grace]) {
      expect(await guest.next("said")).toMatchObject({ id, name: "Grace", text: "hello ✓" });
    }
    grace.rename(" Admiral Hopper");
    const renamed = { id, name: "Admiral Hopper", was: "Grace" };
    expect(await ada.next("renamed")).toMatchObject(renamed);
    grace.socket.close();
    expect(await ada.next("left")).toMatchObject({ id, name: "Admiral Hopper" });
  });

  it("keeps rooms apart, and forgets empty ones when there are too many", async () => {
    const guests = await Promise.all(
      ["lobby", "Tea%20time", "tea%20time"].map((room) => Guest.open(url, { name: "Ada" }, room)),
    );
    const [lobby, tea, other] = guests;
    const welcomes = await Promise.all(guests.map((guest) => guest.next("welcome")));
    expect(welcomes.map(({ people }) => people.length)).toEqual([1, 1, 2]);
    tea.say("tea?");
    expect((await other.next("said")).text).toBe("tea?");
    lobby.say("lobby");
    expect((await lobby.next("said")).text).toBe("lobby");

    const run = (room: string) =>
      Guest.open(url, { name: "Ada" }, room).then(async (guest) => {
        const { run } = await guest.next("welcome");
        await closeGuest(guest);
        return run;
      });
    const first = await run("first");
    expect(await run("first")).toBe(first);
    for (let room = 1; room <= 32; room++) await run(`room-${room}`);
    expect(await run("first")).not.toBe(first);
    const again = await Guest.open(url, { name: "Ada" }, "lobby");
    expect((await again.next("welcome")).history.map(({ text }) => text)).toContain("lobby");
    for (const guest of [...guests, again]) await closeGuest(guest);
  });

  it("remembers the last 50 messages", async () => {
    const ada = await enter("Ada");
    for (let i = 1; i <= 60; i++) ada.say(`line ${i}`);
    for (let i = 1; i <= 60; i++) expect((await ada.next("said")).text).toBe(`line ${i}`);
    const { history } = await (await enter("Grace")).next("welcome");
    expect(history.map(({ text }) => text)).toEqual(
      Array.from({ length: 50 }, (_, index) => `line ${index + 11}`),
    );
  });

  it("accepts the longest text, and disconnects clients that send anything invalid", async () => {
    const ada = await enter("Ada");
    const longest = "😀".repeat(maxTextLength);
    // Text with every character as two escapes has the longest possible JSON.
    ada.socket.send(`{"type":"say","text":"${"\\ud83d\\ude00".repeat(maxTextLength)}"}`);
    expect((await ada.next("said")).text).toBe(longest);

    const bad: (string | Uint8Array)[] = [
      "",
      "hello",
      "null",
      '"say"',
      "[]",
      "{}",
      '{"type":"say"}',
      '{"type":"say","text":" \\n "}',
      '{"type":"say","text":["x"]}',
      JSON.stringify({ type: "say", text: "x".repeat(maxTextLength + 1) }),
      JSON.stringify({ type: "rename", name: "x".repeat(25) }),
      '{"type":"rename","name":"\\ud83d"}',
      '{"type":"welcome"}',
    ];
    for (const message of bad) {
      const guest = await enter("Mallory");
      guest.socket.send(message);
      expect([message, (await guest.end()).statusCode]).toEqual([message, 1008]);
    }
    const binary = await enter("Mallory");
    binary.socket.send(Uint8Array.of(1, 2, 3));
    expect((await binary.end()).statusCode).toBe(1003);
    const huge = await enter("Mallory");
    huge.say("x".repeat(40_000));
    expect((await huge.end()).statusCode).toBe(1009);
  });

  it("disconnects a client that does not read", async () => {
    const slow = await enter("Slow");
    await slow.next("welcome");
    const end = slow.end();
    slow.socket.pause();
    const ada = await enter("Ada");
    await sayTooMuch(ada);
    slow.socket.resume();
    expect((await end).statusCode).toBe(1013);
    expect(ada.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("stops showing bytes to a page that does not read them", async () => {
    const view = new WebSocket(address(url, "/wire", { id: wireId }));
    await once(view, "open");
    const end = once(view, "close");
    const ada = await enter("Ada", { wire: wireId });
    view.pause();
    await sayTooMuch(ada);
    view.resume();
    expect((await end)[0]).toBe(1013);
    expect(ada.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("shows a page only the bytes of its own connection", async () => {
    const view = new WebSocket(address(url, "/wire", { id: wireId }));
    const streams = [new FrameStream(), new FrameStream()] as const;
    const seen: string[] = [];
    view.on("message", (data) => {
      const bytes = new Uint8Array(data as Buffer);
      for (const { header, payload } of streams[bytes[0] as 0 | 1].push(bytes.subarray(1))) {
        seen.push(`${bytes[0]} ${header.opcode} ${header.masked} ${Buffer.from(payload)}`);
      }
    });
    await once(view, "open");
    expect(await refusal(url, "/wire", { id: wireId })).toBe(409);

    const other = await enter("Other");
    const ada = await enter("Ada", { wire: wireId });
    await ada.next("welcome");
    other.say("not from here");
    await ada.next("said");
    ada.say("from here");
    await ada.next("said");
    ada.socket.close(1000);
    const [statusCode] = await once(view, "close");
    expect(statusCode).toBe(1000);

    const sent = seen.filter((line) => line.startsWith("0 1 "));
    expect(sent).toEqual(['0 1 true {"type":"say","text":"from here"}']);
    expect(seen[0]).toMatch(/^1 1 false {"type":"welcome"/);
    expect(seen.filter((line) => line.startsWith('1 1 false {"type":"said"'))).toHaveLength(2);
    expect(seen).toContain("1 9 false ");
    expect(seen).toContain("0 10 true ");
    expect(seen.filter((line) => / 8 (true|false) /.test(line))).toHaveLength(2);
    other.socket.close();
  });
});

/** Sends 24 MB, more than the operating system's buffers and the room's limit on queued bytes. */
async function sayTooMuch(guest: Guest): Promise<void> {
  const text = "x".repeat(maxTextLength);
  for (let batch = 0; batch < 120; batch++) {
    for (let i = 0; i < 100; i++) guest.say(text);
    guest.socket.ping();
    await once(guest.socket, "pong");
  }
}

async function closeGuest({ socket }: Guest): Promise<void> {
  const closed = once(socket, "close");
  socket.close();
  await closed;
}
