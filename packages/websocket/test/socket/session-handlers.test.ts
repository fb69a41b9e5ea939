import type { Handlers, Socket } from "@framewright/websocket";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, upgradeRequest } from "../memory-transport.ts";

const handlerNames = ["open", "message", "pong", "drain", "close", "wire"] as const;
type HandlerName = (typeof handlerNames)[number];

/** Ways to fail. The message of each error is the key. */
const failures: Record<string, () => unknown> = {
  throws: () => {
    throw new Error("throws");
  },
  rejects: async () => {
    await undefined;
    throw new Error("rejects");
  },
  "rejects later": async () => {
    await settle();
    throw new Error("rejects later");
  },
  "returns a value whose then getter throws": () => ({
    // biome-ignore lint/suspicious/noThenProperty: a custom thenable
    get then() {
      throw new Error("returns a value whose then getter throws");
    },
  }),
  "returns a thenable that throws": () => ({
    // biome-ignore lint/suspicious/noThenProperty: a custom thenable
    then() {
      throw new Error("returns a thenable that throws");
    },
  }),
  "returns a thenable that rejects at once": () => ({
    // biome-ignore lint/suspicious/noThenProperty: a custom thenable
    then(_resolve: () => void, reject: (error: Error) => void) {
      reject(new Error("returns a thenable that rejects at once"));
      reject(new Error("again"));
    },
  }),
};

const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => {
  process.off("unhandledRejection", note);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Makes a server's socket call each of its handlers. */
async function callAll(handlers: Handlers): Promise<{ closes: number[]; answer: string }> {
  const closes: number[] = [];
  const { close } = handlers;
  const { dial } = await memoryServer({
    ...handlers,
    close: (socket, ...info) => {
      closes.push(info[0]);
      return close?.(socket, ...info);
    },
  });
  const { peer, transport } = dial();
  peer.send(upgradeRequest());
  await settle();
  transport.capacity = 1_000;
  peer.send([...maskedFrame(1, "go"), ...maskedFrame(10)]);
  await settle();
  transport.allow(1_000_000);
  await settle();
  await settle();
  const answer = peer.text;
  peer.send(maskedFrame(8, [0x03, 0xe8]));
  peer.transport.shutdown();
  await settle();
  await settle();
  return { closes, answer };
}

describe.each(Object.entries(failures))("a handler that %s", (message, fail) => {
  test.each(handlerNames)("%s: is reported and closes its socket with 1011", async (name) => {
    const errors: unknown[] = [];
    let socket: Socket | undefined;
    const handlers: Handlers = {
      open: (opened) => {
        socket = opened;
      },
      message: (opened) => {
        opened.send("x".repeat(70_000)); // for drain
      },
      error: (error, about) => {
        expect(about).toBeDefined();
        errors.push(error);
      },
      [name]: fail,
    };
    const { closes, answer } = await callAll(handlers);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toEqual(new Error(message));
    expect(closes).toHaveLength(1);
    const closeFrame = answer.includes("\x88\x02\x03\xf3");
    expect(closeFrame).toBe(name !== "close");
    if (name !== "open") expect(socket?.readyState).toBe("closed");
  });

  test("error: is only printed", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      const { closes } = await callAll({
        message: () => {
          throw new Error("first");
        },
        error: fail as () => void,
      });
      expect(closes).toHaveLength(1);
      expect(print.mock.calls).toEqual([["error in the error handler:", new Error(message)]]);
    } finally {
      print.mockRestore();
    }
  });

  test.each(["accept", "http"] as const)("%s: is reported, and answered with 500", async (name) => {
    const errors: unknown[] = [];
    const { dial } = await memoryServer({
      [name]: fail,
      error: (error: unknown) => void errors.push(error),
    });
    const { peer } = dial();
    peer.send(name === "accept" ? upgradeRequest() : "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await settle();
    await settle();
    expect(peer.text).toMatch(/^HTTP\/1\.1 500 /);
    expect(errors).toEqual([new Error(message)]);
  });
});

test("without an error handler, errors are printed", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    await callAll({ pong: failures.rejects as () => Promise<void> });
    expect(print.mock.calls).toEqual([["error in a WebSocket handler:", new Error("rejects")]]);
  } finally {
    print.mockRestore();
  }
});

test("a thenable that settles twice counts once", async () => {
  const messages: unknown[] = [];
  const { open } = await memoryServer({
    message(_socket, data) {
      messages.push(data);
      return {
        // biome-ignore lint/suspicious/noThenProperty: a custom thenable
        then(resolve: () => void) {
          resolve();
          resolve();
        },
      } as Promise<void>;
    },
  });
  await open([...maskedFrame(1, "a"), ...maskedFrame(1, "b"), ...maskedFrame(1, "c")]);
  expect(messages).toEqual(["a", "b", "c"]);
});

const names: readonly HandlerName[] = handlerNames;
test("other return values of handlers are ignored", async () => {
  // biome-ignore lint/suspicious/noThenProperty: looks like a promise but is none
  for (const value of [undefined, null, 5, "text", {}, { then: 1 }]) {
    const handlers = Object.fromEntries(names.map((name) => [name, () => value]));
    const { closes } = await callAll(handlers);
    expect(closes).toEqual([1000]);
  }
});
