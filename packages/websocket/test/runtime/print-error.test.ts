import { afterEach, expect, test, vi } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle } from "../memory-transport.ts";

afterEach(() => void vi.restoreAllMocks());

test("a console that throws does not keep the socket from being closed", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {
    throw new Error("ENOSPC");
  });
  const { open } = await memoryServer({
    message() {
      throw new Error("fault of the handler");
    },
  });
  const { peer } = await open(maskedFrame(1, "a"));
  await settle();
  expect(peer.take()).toEqual([0x88, 2, 0x03, 0xf3]);
});

test("an error that cannot be formatted is no worse", async () => {
  const { server, open } = await memoryServer({
    message() {
      throw {
        get stack() {
          throw new Error("no stack");
        },
        [Symbol.for("nodejs.util.inspect.custom")]() {
          throw new Error("no text");
        },
      };
    },
  });
  const { peer } = await open(maskedFrame(1, "a"));
  await settle();
  expect(peer.take()).toEqual([0x88, 2, 0x03, 0xf3]);
  expect(server.clients.size).toBe(1);
});
