import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from "node:net";
import { Duplex, type DuplexOptions } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import {
  type DuplexDetails,
  type DuplexStream,
  DuplexTransport,
} from "../../src/transport/duplex-transport.ts";
import { until } from "../http2-peer.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** Notes what a transport reports. */
class Listener {
  readonly arrays: Uint8Array[] = [];
  readonly events: string[] = [];
  readonly errors: Error[] = [];
  exposesMemory = false;
  /** Called with each array received. */
  onReceive: (bytes: Uint8Array) => void = () => {};

  receive(bytes: Uint8Array): void {
    this.arrays.push(bytes);
    this.onReceive(bytes);
  }

  drained(): void {
    this.events.push("drained");
  }

  ended(): void {
    this.events.push("ended");
  }

  failed(error?: Error): void {
    this.events.push("failed");
    this.errors.push(error as Error);
  }

  get received(): Buffer {
    return Buffer.concat(this.arrays);
  }

  /** What was reported, but for `drained`. */
  get ends(): string[] {
    return this.events.filter((event) => event !== "drained");
  }
}

function transportOf(stream: DuplexStream, details?: DuplexDetails) {
  const transport = new DuplexTransport(stream, details);
  const listener = new Listener();
  transport.listener = listener;
  return { transport, listener };
}

/** A stream whose other side is the test: what it writes is kept until `settle`. */
class TestStream extends Duplex {
  readonly written: Buffer[] = [];
  private readonly callbacks: ((error?: Error | null) => void)[] = [];

  constructor(options: DuplexOptions = {}) {
    super({ allowHalfOpen: true, ...options });
    cleanups.push(() => this.destroy());
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, callback: (error?: Error | null) => void) {
    this.written.push(bytes);
    this.callbacks.push(callback);
  }

  /** Ends the oldest write. */
  settle(error?: Error): void {
    this.callbacks.shift()?.(error);
  }
}

/** Resolves when a stream has emitted its last event. */
function closeOf(stream: Duplex): Promise<void> {
  return new Promise((resolve) => stream.on("close", resolve));
}

/** Both ends of a TCP connection. */
async function tcpPair(): Promise<[TcpSocket, TcpSocket]> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [accepted] = (await once(server, "connection")) as [TcpSocket];
  if (client.connecting) await once(client, "connect");
  server.close();
  client.on("error", () => {});
  cleanups.push(() => {
    client.destroy();
    accepted.destroy();
  });
  return [accepted, client];
}

describe("a stream of the test", () => {
  test("has no address if none is given", () => {
    const { transport } = transportOf(new TestStream());
    expect([transport.remoteAddress, transport.peerCertificate]).toEqual(["", undefined]);
    const { transport: named } = transportOf(new TestStream(), { remoteAddress: "192.0.2.1" });
    expect(named.remoteAddress).toBe("192.0.2.1");
  });

  test("takes one write at a time, whole, and tells when it is done", async () => {
    const stream = new TestStream({ highWaterMark: 1 });
    const { transport, listener } = transportOf(stream);
    expect(transport.write(new Uint8Array(1_000))).toBe(1_000);
    expect(transport.pending).toBe(1_000);
    expect(transport.write(new Uint8Array(10))).toBe(0);
    expect(stream.written.length).toBe(1);
    expect(listener.events).toEqual([]);
    stream.settle();
    await until(() => listener.events.length === 1);
    expect([listener.events, transport.pending]).toEqual([["drained"], 0]);
    expect(transport.write(new Uint8Array(10))).toBe(10);
  });

  test("a write may follow within `drained`", async () => {
    const stream = new TestStream();
    const { transport, listener } = transportOf(stream);
    let left = 3;
    listener.drained = () => {
      if (left-- > 0) expect(transport.write(Uint8Array.of(left))).toBe(1);
    };
    listener.drained();
    while (left >= 0) {
      stream.settle();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(Buffer.concat(stream.written)).toEqual(Buffer.of(2, 1, 0));
  });

  test("takes nothing after its end", () => {
    const stream = new TestStream();
    const { transport } = transportOf(stream);
    transport.shutdown();
    expect(transport.write(Uint8Array.of(1))).toBe(0);
    expect(stream.writableEnded).toBe(true);
  });

  test("a write that fails is reported once, and not as drained", async () => {
    const stream = new TestStream();
    const { transport, listener } = transportOf(stream);
    transport.write(Uint8Array.of(1));
    const error = new Error("no route");
    const closed = closeOf(stream);
    stream.settle(error);
    await closed;
    expect([listener.events, listener.errors]).toEqual([["failed"], [error]]);
  });

  test("a write that is done after `destroy` is not reported", async () => {
    const stream = new TestStream();
    const { transport, listener } = transportOf(stream, { onDestroy: () => {} });
    transport.write(Uint8Array.of(1));
    transport.destroy();
    stream.settle();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(listener.events).toEqual([]);
  });

  test("an end without the end of the other direction is no failure", async () => {
    const stream = new TestStream();
    const { transport, listener } = transportOf(stream);
    stream.push(Buffer.from("last"));
    stream.push(null);
    await until(() => listener.events.length > 0);
    expect([String(listener.received), listener.events]).toEqual(["last", ["ended"]]);
    transport.write(Uint8Array.of(1));
    stream.settle();
    transport.shutdown();
    await until(() => stream.closed);
    expect(listener.ends).toEqual(["ended"]);
  });

  test.each(["input", "output"])(
    "a close before the end of the %s is a failure",
    async (missing) => {
      const stream = new TestStream();
      const { transport, listener } = transportOf(stream);
      if (missing === "input") transport.shutdown();
      else stream.push(null);
      await until(() => stream.writableFinished || stream.readableEnded);
      stream.destroy();
      await until(() => listener.errors.length === 1);
      expect(listener.ends).toEqual(missing === "input" ? ["failed"] : ["ended", "failed"]);
      expect(listener.errors[0].message).toBe("the connection was closed");
    },
  );

  test("`closeError` says why a stream without an error was closed", async () => {
    const stream = new TestStream();
    const reason = new Error("reset with 8");
    const { listener } = transportOf(stream, { closeError: () => reason });
    stream.destroy();
    await until(() => listener.errors.length === 1);
    expect(listener.errors).toEqual([reason]);
  });

  test("an error is reported once, and nothing after it", async () => {
    const stream = new TestStream();
    const { listener } = transportOf(stream);
    const error = new Error("lost");
    stream.push(Buffer.from("unread"));
    const closed = closeOf(stream);
    stream.destroy(error);
    await closed;
    expect([listener.events, listener.errors]).toEqual([["failed"], [error]]);
  });

  test("an error without a listener, after `destroy`, does not escape", async () => {
    const stream = new TestStream({
      destroy: (_error, callback) => callback(new Error("too late")),
    });
    const { transport, listener } = transportOf(stream);
    const closed = closeOf(stream);
    transport.destroy();
    transport.destroy();
    await closed;
    expect(listener.events).toEqual([]);
  });

  test("`aborted` is a failure, and ends the stream although its input is not read", async () => {
    const stream = new TestStream();
    const reason = new Error("reset with 8");
    const { transport, listener } = transportOf(stream, { closeError: () => reason });
    transport.pause();
    stream.push(Buffer.from("unread"));
    stream.emit("aborted");
    expect([listener.events, listener.errors, stream.destroyed]).toEqual([
      ["failed"],
      [reason],
      true,
    ]);
    await until(() => stream.closed);
    expect(listener.events).toEqual(["failed"]);
  });

  test("`destroy` within `receive` ends the delivery", async () => {
    const stream = new TestStream();
    const { transport, listener } = transportOf(stream);
    listener.onReceive = () => transport.destroy();
    for (const text of ["one", "two"]) stream.push(Buffer.from(text));
    stream.push(null);
    await until(() => stream.closed);
    expect([String(listener.received), listener.events]).toEqual(["one", []]);
  });

  test("`onDestroy` replaces `destroy`, and is called once", () => {
    const stream = new TestStream();
    let calls = 0;
    const { transport } = transportOf(stream, { onDestroy: () => calls++ });
    transport.destroy();
    transport.destroy();
    expect([calls, stream.destroyed]).toEqual([1, false]);
  });

  test("nothing is delivered while it is paused, and everything after", async () => {
    const stream = new TestStream();
    const paused: boolean[] = [];
    const { transport, listener } = transportOf(stream, { onPause: (is) => paused.push(is) });
    transport.resume(); // does nothing: it is not paused
    listener.onReceive = () => transport.pause();
    for (const text of ["a", "b", "c"]) stream.push(Buffer.from(text));
    stream.push(null);
    for (const text of ["a", "ab", "abc"]) {
      await until(() => String(listener.received) === text);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(String(listener.received)).toBe(text);
      transport.resume();
    }
    // Without further bytes, the end may be reported while it is paused.
    await until(() => listener.events.length === 1);
    expect(listener.events).toEqual(["ended"]);
    expect(paused).toEqual([true, false, true, false, true, false]);
  });

  test("text instead of bytes is a failure", async () => {
    const stream = new TestStream();
    stream.setEncoding("utf8");
    const { listener } = transportOf(stream);
    const closed = closeOf(stream);
    stream.push(Buffer.from("text"));
    await closed;
    expect(listener.events).toEqual(["failed"]);
    expect(listener.errors[0]).toBeInstanceOf(TypeError);
  });

  test.each([
    { ownsBytes: false, exposesMemory: false, isWhole: true, isCopied: true },
    { ownsBytes: true, exposesMemory: false, isWhole: true, isCopied: false },
    { ownsBytes: true, exposesMemory: false, isWhole: false, isCopied: false },
    { ownsBytes: true, exposesMemory: true, isWhole: true, isCopied: false },
    { ownsBytes: true, exposesMemory: true, isWhole: false, isCopied: true },
  ])("bytes are copied if others may see them: %j", async (row) => {
    const { ownsBytes, exposesMemory, isWhole, isCopied } = row;
    const stream = new TestStream();
    const { listener } = transportOf(stream, { ownsBytes });
    listener.exposesMemory = exposesMemory;
    const memory = new ArrayBuffer(16);
    stream.push(Buffer.from(memory, 0, isWhole ? 16 : 8));
    await until(() => listener.arrays.length === 1);
    expect(listener.arrays[0].buffer === memory).toBe(!isCopied);
  });
});

describe("a TCP connection", () => {
  test("10 MB pass in both directions at once, with backpressure", async () => {
    const [accepted, client] = await tcpPair();
    const { transport, listener } = transportOf(accepted);
    const payload = Buffer.alloc(10_000_000, "0123456789abcdef\n");
    let sent = 0;
    let isRefused = false;
    const fill = () => {
      while (sent < payload.length) {
        const taken = transport.write(payload.subarray(sent, sent + 100_000));
        isRefused ||= taken === 0;
        if (taken === 0) return;
        sent += taken;
      }
      transport.shutdown();
    };
    listener.drained = fill;
    const echoed: Buffer[] = [];
    client.on("data", (bytes) => echoed.push(bytes));
    client.end(payload);
    fill();
    await until(() => client.readableEnded && listener.events.includes("ended"));
    expect([isRefused, Buffer.concat(echoed).equals(payload)]).toEqual([true, true]);
    expect(listener.received.equals(payload)).toBe(true);
    await until(() => accepted.closed);
    expect(listener.ends).toEqual(["ended"]);
  });

  test("a peer that does not read holds up what is written", async () => {
    const [accepted, client] = await tcpPair();
    const { transport } = transportOf(accepted);
    client.pause();
    let sent = 0;
    const piece = new Uint8Array(1_000_000);
    const fill = () => {
      sent += transport.write(piece);
    };
    for (let turn = 0; turn < 50; turn++) {
      fill();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(transport.pending).toBeGreaterThan(0);
    // The operating system's buffers and one write.
    expect(sent).toBeLessThan(20_000_000);
    client.resume();
    await until(() => transport.pending === 0);
  });

  test("a paused connection holds up its peer", async () => {
    const [accepted, client] = await tcpPair();
    const { transport, listener } = transportOf(accepted);
    transport.pause();
    client.write(Buffer.alloc(30_000_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(listener.received.length).toBe(0);
    expect(client.writableLength).toBeGreaterThan(0);
    listener.receive = ({ length }) => {
      received += length;
    };
    let received = 0;
    transport.resume();
    await until(() => received === 30_000_000);
  });

  test("a reset is a failure, once", async () => {
    const [accepted, client] = await tcpPair();
    const { listener } = transportOf(accepted);
    client.write("hi");
    await until(() => listener.received.length === 2);
    client.resetAndDestroy();
    await until(() => listener.errors.length > 0 && accepted.closed);
    expect(listener.ends.at(-1)).toBe("failed");
    expect(listener.errors.length).toBe(1);
  });

  test("`destroy` closes TCP, and reports nothing", async () => {
    const [accepted, client] = await tcpPair();
    const { transport, listener } = transportOf(accepted);
    let hasEnded = false;
    client.on("close", () => {
      hasEnded = true;
    });
    client.on("end", () => client.end());
    client.resume();
    transport.write(new Uint8Array(100));
    transport.destroy();
    await until(() => hasEnded && accepted.closed);
    expect(listener.ends).toEqual([]);
  });
});
