import { Link } from "@framewright/websocket/testing";
import { expect, test } from "vitest";
import { ContractEndpoint, checksumOf } from "../../src/testing/contract-endpoint.ts";

test("the checksum depends on the order of bytes, and not on how they are split", () => {
  const bytes = Uint8Array.from({ length: 3_000 }, (_, i) => i);
  const first = checksumOf(bytes.subarray(0, 1_500));
  expect(checksumOf(bytes.subarray(1_500), first, 1_500)).toBe(checksumOf(bytes));
  expect(checksumOf(bytes.toReversed())).not.toBe(checksumOf(bytes));
});

test("writes the rest when the transport accepts more, and records events once in a row", async () => {
  const link = new Link({ toServer: { bufferSize: 10, chunks: [3] } });
  const [client, server] = [link.client, link.server].map((end) => new ContractEndpoint(end));
  client.send(new Uint8Array(95));
  expect(client.idle).toBe(false);
  await server.until(() => server.length === 95, "95 bytes");
  await client.until(() => client.idle, "nothing to wait");
  expect([client.events, server.events]).toEqual([["drained"], ["receive"]]);
  link.client.destroy();
  await server.until(() => server.over, "the end");
  expect(client.over).toBe(false);
});
