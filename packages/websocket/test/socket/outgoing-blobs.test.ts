import type { CloseInfo, Socket } from "@framewright/websocket";
import { pair, settle } from "@framewright/websocket/testing";
import { expect, test } from "vitest";

/** A Blob whose bytes come when the test says so. */
class SlowBlob extends Blob {}

interface Held {
  readonly blob: Blob;
  /** Lets the Blob be read. */
  release(): void;
  fail(error: Error): void;
}

const original = Blob.prototype.arrayBuffer;

/** Makes Blobs that are read when they are released. Undone by the returned function. */
function holdBlobs(): { make(text: string): Held; restore(): void } {
  const gates = new WeakMap<Blob, Promise<void>>();
  Blob.prototype.arrayBuffer = async function (this: Blob) {
    await gates.get(this);
    return original.call(this);
  };
  return {
    make(text) {
      let release = () => {};
      let fail = (_error: Error) => {};
      const blob = new SlowBlob([text]);
      gates.set(
        blob,
        new Promise((resolve, reject) => {
          release = resolve;
          fail = reject;
        }),
      );
      return { blob, release: () => release(), fail: (error) => fail(error) };
    },
    restore() {
      Blob.prototype.arrayBuffer = original;
    },
  };
}

async function withHeld(
  run: (
    make: (text: string) => Held,
    sockets: Awaited<ReturnType<typeof connected>>,
  ) => Promise<void>,
  options: Parameters<typeof connected>[0] = {},
): Promise<void> {
  const { make, restore } = holdBlobs();
  try {
    const sockets = await connected(options);
    await run(make, sockets);
    await sockets.close();
  } finally {
    restore();
  }
}

async function connected(options: {
  readonly maxBufferedAmount?: number;
  readonly whenFull?: "drop";
  readonly closeTimeout?: number;
  readonly compression?: boolean;
}) {
  const received: string[] = [];
  const errors: unknown[] = [];
  const dropped: unknown[] = [];
  const { client, server, close } = await pair({
    server: {
      message(_socket, data) {
        received.push(typeof data === "string" ? data : `bytes ${new TextDecoder().decode(data)}`);
      },
      compression: true,
    },
    client: {
      ...options,
      error: (error) => errors.push(error),
      dropped: (_socket, data) => dropped.push(data),
    },
  });
  return { client, server, close, received, errors, dropped };
}

const codeOf = (error: unknown) => (error as { code?: string }).code;

test.each([false, true])(
  "sends a Blob, and what follows it in order (compression %s)",
  async (compression) => {
    const { client, received, close } = await connected({ compression });
    expect(client.send("first")).toBe("sent");
    expect(client.send(new Blob(["one"]))).toBe("sent");
    client.send("second");
    client.send(new Uint8Array([0x33]));
    client.send(new Blob(["two"]));
    client.send(new Blob([]));
    client.ping();
    expect(await client.sendStream(["third", " in", " parts"])).toBe("sent");
    client.send("last");
    await settle();
    expect(received).toEqual([
      ...["first", "bytes one", "second", "bytes 3"],
      ...["bytes two", "bytes ", "third in parts", "last"],
    ]);
    expect(client.bufferedAmount).toBe(0);
    await close();
  },
);

test("a Blob of several MiB arrives whole, with and without compression", async () => {
  const bytes = new Uint8Array(3_000_000).map((_, index) => index * 7);
  for (const compression of [false, true]) {
    const got: unknown[] = [];
    const { client, close } = await pair({
      server: { compression: true, message: (_socket, data) => got.push(data) },
      client: { compression },
    });
    expect(client.send(new Blob([bytes]))).toBe("queued");
    client.send("after");
    await client.drained;
    client.close(1000);
    await client.closed;
    expect(got.length).toBe(2);
    expect(Buffer.from(got[0] as Uint8Array).equals(bytes)).toBe(true);
    expect(got[1]).toBe("after");
    await close();
  }
});

test("its size counts as buffered until it is sent, and limits what is sent", () =>
  withHeld(
    async (make, { client, received, dropped }) => {
      const first = make("x".repeat(600));
      const second = make("y".repeat(600));
      client.send(first.blob);
      expect(client.bufferedAmount).toBe(600);
      expect(client.send(second.blob)).toBe("dropped");
      expect(client.send("z".repeat(600))).toBe("dropped");
      expect(dropped).toEqual([second.blob, "z".repeat(600)]);
      expect(client.offer(second.blob, 100)).toBe(false);
      expect(client.readyState).toBe("open");
      first.release();
      await settle();
      expect(client.bufferedAmount).toBe(0);
      expect(received).toEqual([`bytes ${"x".repeat(600)}`]);
    },
    { maxBufferedAmount: 1_000, whenFull: "drop" },
  ));

test("`close` waits for Blobs and what is behind them, and nothing more is sent", () =>
  withHeld(async (make, { client, server, received }) => {
    const { blob, release } = make("held");
    client.send(blob);
    client.send("behind");
    client.close(3000, "bye");
    client.close(1000);
    expect(client.readyState).toBe("closing");
    expect(client.send("too late")).toBe("dropped");
    expect(client.send(new Blob(["too late"]))).toBe("dropped");
    expect(client.send(new Uint8Array(100_000))).toBe("dropped");
    expect(() => client.close(1005)).toThrow(RangeError);
    await settle();
    expect(server.readyState).toBe("open");
    release();
    const { statusCode, reason, wasClean } = await server.closed;
    expect({ statusCode, reason, wasClean }).toEqual({
      statusCode: 3000,
      reason: "bye",
      wasClean: true,
    });
    expect(received).toEqual(["bytes held", "behind"]);
    expect((await client.closed).wasClean).toBe(true);
  }));

test("`close` waits no longer than closeTimeout", () =>
  withHeld(
    async (make, { client }) => {
      client.send(make("for ever").blob);
      client.close(1000);
      expect((await client.closed).statusCode).toBe(1006);
    },
    { closeTimeout: 20 },
  ));

test("a Blob that cannot be read closes with 1011, and nothing behind it is sent", () =>
  withHeld(async (make, { client, server, received, errors }) => {
    client.send("before");
    const { blob, fail } = make("gone");
    client.send(blob);
    client.send("behind");
    const cause = new Error("the file has changed");
    fail(cause);
    expect((await server.closed).statusCode).toBe(1011);
    expect(received).toEqual(["before"]);
    expect(errors.map(codeOf)).toEqual(["WS_ERR_UNREADABLE_BLOB"]);
    expect((errors[0] as Error).cause).toBe(cause);
  }));

test("a connection that ends while a Blob is read drops it", () =>
  withHeld(async (make, { client, received, errors }) => {
    const [first, second] = [make("one"), make("two")];
    client.send(first.blob);
    client.send(second.blob);
    client.terminate();
    first.release();
    await settle();
    expect(client.bufferedAmount).toBe(0);
    expect(received).toEqual([]);
    expect(errors).toEqual([]);
    expect(client.send(new Blob(["three"]))).toBe("dropped");
  }));

test("the peer's Close frame ends the wait for a Blob", () =>
  withHeld(async (make, { client, server, received }) => {
    const { blob, release } = make("late");
    client.send(blob);
    server.close(1000);
    const info: CloseInfo = await client.closed;
    expect(info.wasClean).toBe(true);
    release();
    await settle();
    expect(received).toEqual([]);
  }));

test("a stream before a Blob goes on, whatever the size of the Blob", async () => {
  const { client, received, close } = await connected({});
  async function* parts() {
    for (let part = 0; part < 5; part++) {
      await settle();
      yield "part ";
    }
  }
  const sent = client.sendStream(parts());
  client.send(new Blob([new Uint8Array(200_000).fill(0x41)]));
  expect(await sent).toBe("sent");
  await client.drained;
  await settle();
  expect(received[0]).toBe("part ".repeat(5));
  expect(received[1].length).toBe("bytes ".length + 200_000);
  await close();
});

test("the writable stream takes Blobs", async () => {
  const { client, received, close } = await connected({});
  const writer = client.writable.getWriter();
  await writer.write(new Blob(["a"]));
  await writer.write("b");
  await settle();
  expect(received).toEqual(["bytes a", "b"]);
  await close();
});

test("a server's socket sends a Blob of more than 64 KiB", async () => {
  let socket: Socket | undefined;
  const got: unknown[] = [];
  const { close } = await pair({
    server: {
      open(opened) {
        socket = opened;
        opened.send(new Blob([new Uint8Array(100_000)]));
      },
    },
    client: { message: (_, data) => got.push(data.length) },
  });
  await socket?.drained;
  await settle();
  expect(got).toEqual([100_000]);
  await close();
});
