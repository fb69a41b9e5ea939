import { expect, test } from "vitest";
import { protocolOptions } from "../src/tls-protocol.ts";

test("encodes the version and the protocol names as they are on the wire", () => {
  expect(protocolOptions("TLSv1.2", [])).toEqual({ minVersion: 0x0303 });
  expect(protocolOptions("TLSv1.3", ["a", "x".repeat(255)])).toEqual({
    minVersion: 0x0304,
    ALPNProtocols: Uint8Array.from([1, 97, 255, ...Array(255).fill(120)]),
  });
});
