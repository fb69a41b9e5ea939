import {
  type ContractPair,
  Link,
  type MemoryTransport,
  transportContract,
} from "@framewright/websocket/testing";
import { describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";

const limits = { bufferSize: 65_536 };

/** Connects two transports in memory. */
const connectMemory = ({ client, server }: ContractPair, broken?: Partial<MemoryTransport>) => {
  const clientAddress = "192.0.2.2";
  const link = new Link({ clientAddress, toServer: limits, toClient: limits });
  for (const transport of [link.client, link.server]) Object.assign(transport, broken);
  client(link.client);
  server(link.server);
};
const options = { remoteAddress: "192.0.2.2" };

describe("the transport in memory", () => {
  for (const { name, run } of transportContract((pair) => connectMemory(pair), options)) {
    // A reset waits behind what was sent before it, so a paused end does not learn of it.
    if (/^detects .* (paused|pauses)/.test(name)) continue;
    test.skipIf(/does not read/.test(name) && !isFullDepth)(name, run);
  }
});

describe("transports that break the contract", () => {
  /** The names of the cases that fail, of those that take no time. */
  async function failures(broken: Partial<MemoryTransport>): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, run } of transportContract((pair) => connectMemory(pair, broken), options)) {
      if (/peer (that|is gone)|detects a reset|ends each/.test(name)) continue;
      await run().catch((error) => failed.push(`${name}: ${(error as Error).message}`));
    }
    return failed;
  }

  test("one that reads while it is paused", async () => {
    expect(await failures({ pause() {} })).toEqual([
      "stops reading while paused: expected the number of bytes received while paused to stay 8, got 12",
    ]);
  });

  test("one with the wrong address", async () => {
    expect(await failures({ remoteAddress: "" })).toEqual([
      expect.stringContaining("expected the server's remoteAddress to be 192.0.2.2, got "),
    ]);
  });
});
