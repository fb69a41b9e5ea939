import fc from "fast-check";
import { expect, test } from "vitest";
import { segmentOf } from "../../src/inspect/packet.ts";
import { ethernet, ipv4, ipv6, type SegmentFields, tcp } from "./packets.ts";

const fields: SegmentFields = {
  from: "client",
  sequence: 0xffff_fffe,
  flags: "SA",
  payload: "abc",
};
const loopback = Buffer.from([2, 0, 0, 0]);
const cooked = Buffer.concat([Buffer.alloc(14), Buffer.from([8, 0])]);
const cooked2 = Buffer.concat([Buffer.from([8, 0]), Buffer.alloc(18)]);

function read(linkType: number, ...parts: Uint8Array[]) {
  return segmentOf({ time: 1, linkType, bytes: Buffer.concat(parts) });
}

test.each([
  ["Ethernet", 1, ethernet(ipv4(fields))],
  ["Ethernet with two VLAN tags", 1, ethernet(ipv4(fields), 2)],
  ["Ethernet with padding", 1, Buffer.concat([ethernet(ipv4(fields)), Buffer.alloc(9)])],
  ["the loopback of BSD", 0, Buffer.concat([loopback, ipv4(fields)])],
  ["the loopback of OpenBSD", 108, Buffer.concat([loopback, ipv4(fields)])],
  ["raw IP", 101, ipv4(fields)],
  ["raw IPv4", 228, ipv4(fields)],
  ["Linux cooked", 113, Buffer.concat([cooked, ipv4(fields)])],
  ["Linux cooked, version 2", 276, Buffer.concat([cooked2, ipv4(fields)])],
  ["an IPv4 packet of length 0", 101, ipv4(fields, { 2: 0, 3: 0 })],
])("reads TCP over %s", (_, linkType, bytes) => {
  expect(read(linkType, bytes)).toMatchObject({
    ...{ source: "10.0.0.1:50000", destination: "10.0.0.2:8080", destinationPort: 8080 },
    ...{ sequence: 0xffff_fffe, syn: true, ack: true, fin: false, rst: false, time: 1 },
    payload: Buffer.from("abc"),
  });
});

test("reads TCP over IPv6 with extension headers", () => {
  expect(read(1, ethernet(ipv6(fields)))).toMatchObject({
    ...{ source: "[::1]:50000", destination: "[::2]:8080", payload: Buffer.from("abc") },
  });
});

test.each([
  ["ARP", 1, Buffer.concat([Buffer.alloc(12), Buffer.from([8, 6]), Buffer.alloc(28)])],
  ["UDP", 101, ipv4(fields, { 9: 17 })],
  ["a first fragment", 101, ipv4(fields, { 6: 0x20 })],
  ["a later fragment", 101, ipv4(fields, { 7: 1 })],
  ["a packet that is cut off", 101, ipv4(fields).subarray(0, -1)],
  ["another link layer", 9999, ipv4(fields)],
  ["a TCP header that is too short", 101, ipv4({ ...fields, payload: "" }).fill(0x10, 32, 33)],
])("ignores %s", (_, linkType, bytes) => {
  expect(read(linkType, bytes)).toBeUndefined();
});

test("nothing that was captured throws", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  const start = fc.constantFrom(
    ethernet(ipv4(fields)),
    ethernet(ipv6(fields)),
    ipv4(fields),
    tcp(fields),
  );
  const property = fc.property(
    fc.constantFrom(0, 1, 101, 113, 276),
    start,
    fc.nat(90),
    bytes,
    (linkType, whole, length, rest) => {
      segmentOf({ time: 0, linkType, bytes: Buffer.concat([whole.subarray(0, length), rest]) });
    },
  );
  fc.assert(property);
});
