import fc from "fast-check";
import { expect, test } from "vitest";
import { isCapture, packetsOf } from "../../src/inspect/capture-file.ts";
import { pcap, pcapng } from "./packets.ts";

const packets = [
  { time: 1.5, bytes: Uint8Array.of(1, 2, 3) },
  { time: 2.25, bytes: Uint8Array.of() },
  { time: 1_700_000_000.000001, bytes: Uint8Array.of(4, 5, 6, 7) },
];

function plain(file: Uint8Array) {
  return [...packetsOf(file)].map(({ time, linkType, bytes }) => ({
    ...{ time, linkType, bytes: Uint8Array.from(bytes) },
  }));
}

test.each([
  ["pcap", pcap(packets, 113)],
  ["pcap in big-endian order", pcap(packets, 113, false)],
  ["pcap with nanoseconds", pcap(packets, 113, true, true)],
  ["pcapng", pcapng(packets, 113)],
  ["pcapng in big-endian order", pcapng(packets, 113, false)],
])("reads %s", (_, file) => {
  const read = plain(file);
  expect(isCapture(file)).toBe(true);
  expect(read.map(({ bytes }) => bytes)).toEqual(packets.map(({ bytes }) => bytes));
  expect(read.every(({ linkType }) => linkType === 113)).toBe(true);
  for (const [index, { time }] of read.entries()) expect(time).toBeCloseTo(packets[index].time, 5);
});

test("a packet that the end cuts off is left out", () => {
  for (const file of [pcap(packets), pcapng(packets)]) {
    expect(plain(file.subarray(0, -1)).length).toBe(2);
  }
});

test("a simple packet of pcapng has no time", () => {
  const file = pcapng([packets[0]]);
  const simple = Buffer.from([3, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 8, 9, 0, 0, 20, 0, 0, 0]);
  expect(plain(Buffer.concat([file, simple])).at(-1)).toEqual({
    ...{ time: Number.NaN, linkType: 1, bytes: Uint8Array.of(8, 9) },
  });
});

test("other files are errors", () => {
  for (const file of [Buffer.from("GET / HTTP/1.1"), Buffer.alloc(0), Buffer.from([0x0a])]) {
    expect(isCapture(file)).toBe(false);
    expect(() => plain(file)).toThrow("neither pcap nor pcapng");
  }
  expect(() => plain(pcap([]).subarray(0, 20))).toThrow("cut off");
});

test("changed and cut captures are read or refused, and the reading ends", () => {
  const file = fc.constantFrom(pcap(packets), pcapng(packets));
  const change = fc.tuple(fc.nat(200), fc.nat(255));
  const property = fc.property(file, fc.array(change), fc.nat(300), (bytes, changes, length) => {
    const changed = Uint8Array.from(bytes.subarray(0, length));
    for (const [index, value] of changes) if (index < changed.length) changed[index] = value;
    try {
      for (const packet of packetsOf(changed)) expect(packet.bytes.length).toBeLessThan(300);
    } catch (error) {
      expect(error).toMatchObject({ code: "WS_ERR_CLI_CAPTURE" });
    }
  });
  fc.assert(property);
});
