import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeFrameFields } from "@framewright/codec/inspect";
import { describe, expect, test } from "vitest";
import { isFullDepth, rows } from "../../../../test-depth.ts";
import { run } from "../command-line.ts";
import { hasTmux, Terminal } from "../terminal/tmux.ts";
import { ethernet, ipv4, pcap, pcapng, type SegmentFields } from "./packets.ts";

const folder = mkdtempSync(join(tmpdir(), "framewright-cli-"));
const recorded = fileURLToPath(new URL("../captures/deflate-loopback.pcap", import.meta.url));

const request = [
  "GET /chat HTTP/1.1",
  "Host: x",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");
const response = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "\r\n",
].join("\r\n");
const masked = encodeFrameFields({
  opcode: 1,
  maskingKey: 0x37fa213d,
  payload: Buffer.from("Hello"),
});
const answer = encodeFrameFields({ opcode: 1, payload: Buffer.from("World") });

function write(name: string, bytes: Uint8Array | string): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** A capture of segments, each a tenth of a second after the one before. */
function capture(segments: readonly SegmentFields[], isNew = false): string {
  const packets = segments.map((fields, index) => ({
    ...{ time: 100 + index / 10, bytes: ethernet(ipv4(fields)) },
  }));
  return write("capture", isNew ? pcapng(packets) : pcap(packets));
}

const opening: SegmentFields[] = [
  { from: "client", sequence: 999, flags: "S" },
  { from: "server", sequence: 4999, flags: "SA" },
  { from: "client", sequence: 1000, payload: request },
  { from: "server", sequence: 5000, payload: response },
];
const clientAt = 1000 + request.length;
const serverAt = 5000 + response.length;

/** Runs `inspect` and returns its lines. */
async function inspect(...words: string[]) {
  const { status, stdout, stderr } = await run(["inspect", "--form", "line", ...words]);
  return { status, lines: stdout.trimEnd().split("\n"), stderr };
}

test("bytes are given as hex, base64, text of a file, a file or the input", async () => {
  const expected = "client → frame 0 at byte 0: text, FIN, masked, 5 bytes";
  const hex = Buffer.from(masked).toString("hex");
  const base64 = Buffer.from(masked).toString("base64");
  const forms = [
    hex.match(/../g) ?? [],
    [hex],
    ["--base64", base64],
    ["--file", write("hex", `${hex.replace(/..../g, "$& ")}\n`)],
    ["--file", write("bytes", masked)],
  ];
  for (const words of rows(forms)) {
    const { status, lines, stderr } = await inspect(...words);
    expect({ status, lines, stderr }).toEqual({
      ...{ status: 0, stderr: "", lines: [expected, '  message 0: text, 5 bytes "Hello"'] },
    });
  }
  const { stdout } = await run(["inspect", "--form", "json"], masked);
  expect(JSON.parse(stdout)).toMatchObject({
    from: "client",
    frame: { opcode: 1, masked: true, payload: "48656c6c6f", completed: { data: "SGVsbG8=" } },
  });
});

test("faults have their section, and the exit status 3", async () => {
  const { status, lines } = await inspect(
    "93",
    "7e",
    "00",
    "01",
    "1b",
    "88",
    "02",
    "03",
    "e7",
    "81",
  );
  expect(status).toBe(3);
  expect(lines).toEqual([
    "server ← frame 0 at byte 0: reserved, FIN, RSV3, 1 bytes",
    "  ! RSV3 is set, but no extension gives it a meaning (RFC 6455 section 5.2, WS_ERR_UNEXPECTED_RSV_2_3)",
    "  ! the opcode is reserved (RFC 6455 section 5.2, WS_ERR_INVALID_OPCODE)",
    "  ! the payload length must have its shortest form: 1 (RFC 6455 section 5.2, WS_ERR_INVALID_PAYLOAD_LENGTH)",
    "server ← frame 1 at byte 5: close, FIN, 2 bytes",
    "  status code 999",
    "  ! the status code must not be in a Close frame: 999 (RFC 6455 section 7.4, WS_ERR_INVALID_CLOSE_CODE)",
    "server ← frame 2 at byte 9: text, FIN, 0 bytes",
    expect.stringContaining("(RFC 6455 section 5.5.1, WS_ERR_FRAME_AFTER_CLOSE)"),
    expect.stringContaining("(RFC 6455 section 5.2, WS_ERR_FRAME_INCOMPLETE)"),
  ]);
});

test("compressed messages are inflated", async () => {
  const { status, lines } = await inspect(
    "--deflate",
    "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00",
  );
  expect(status).toBe(0);
  expect(lines.filter((line) => line.startsWith("  "))).toEqual([
    '  message 0: text, 5 bytes, inflated from 7 "Hello"',
    '  message 1: text, 5 bytes, inflated from 5 "Hello"',
  ]);
});

test("a capture of a real connection with context takeover", async () => {
  const { status, lines } = await inspect("--file", recorded);
  expect(status).toBe(0);
  const sizes = lines.filter((line) => line.includes("inflated from"));
  expect(sizes.length).toBe(5);
  expect(sizes[2]).toMatch(
    /message 2: text, 36 bytes, inflated from \d+ "hello hello hello compressed hello 2"$/,
  );
  expect(sizes[4]).toMatch(
    /message 3: text, 200000 bytes, inflated from 890 "x{200}" and 199800 more characters$/,
  );
  expect(lines.filter((line) => /: close, FIN/.test(line)).length).toBe(2);
  expect(lines.filter((line) => line === '  status code 1000 "done"').length).toBe(2);
});

test.each(rows([true, false]))(
  "segments out of order, sent again and overlapping (pcapng: %s)",
  async (isNew) => {
    const segments: SegmentFields[] = [
      ...opening,
      { from: "client", sequence: clientAt + 4, payload: masked.subarray(4) },
      { from: "server", sequence: serverAt, payload: answer.subarray(0, 3) },
      { from: "client", sequence: clientAt, payload: masked.subarray(0, 6) },
      { from: "server", sequence: serverAt, payload: answer },
      { from: "client", sequence: clientAt, payload: masked },
      { from: "client", sequence: clientAt + masked.length, flags: "FA" },
      { from: "server", sequence: serverAt + answer.length, flags: "FA" },
    ];
    const { status, lines } = await inspect("--file", capture(segments, isNew));
    const name = "10.0.0.1:50000 > 10.0.0.2:8080";
    expect({ status, lines }).toEqual({
      status: 0,
      lines: [
        `0.200000 s ${name} client → request: GET /chat HTTP/1.1`,
        `0.300000 s ${name} server ← response: HTTP/1.1 101 Switching Protocols`,
        `0.600000 s ${name} client → frame 0 at byte ${request.length}: text, FIN, masked, 5 bytes`,
        '  message 0: text, 5 bytes "Hello"',
        `0.700000 s ${name} server ← frame 0 at byte ${response.length}: text, FIN, 5 bytes`,
        '  message 0: text, 5 bytes "World"',
      ],
    });
  },
);

test("missing packets are told, and connections with the same ports are told apart", async () => {
  const end: SegmentFields[] = [{ from: "client", sequence: clientAt, flags: "R" }];
  const gap: SegmentFields[] = [
    { from: "client", sequence: clientAt + 10, payload: masked },
    { from: "server", sequence: serverAt, payload: answer },
  ];
  const { lines } = await inspect("--file", capture([...opening, ...end, ...opening, ...gap]));
  expect(lines.filter((line) => line.includes("request:")).length).toBe(2);
  expect(lines).toContain(
    "10.0.0.1:50000 > 10.0.0.2:8080: 10 bytes of the client are not in the capture; its later frames are left out",
  );
  expect(lines).toContain('  message 0: text, 5 bytes "World"');
});

test.runIf(isFullDepth)(
  "captures without a handshake need the server's port, and TLS is told",
  async () => {
    const frames: SegmentFields[] = [
      { from: "server", sequence: serverAt, payload: answer },
      { from: "client", sequence: clientAt, payload: masked },
    ];
    const none = await inspect("--file", capture(frames));
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(
      /no opening handshake is in 2 packets with 1 TCP .*WS_ERR_CLI_CAPTURE/,
    );
    const { status, lines } = await inspect("--file", capture(frames), "--port", "8080");
    expect(status).toBe(0);
    expect(lines.filter((line) => line.startsWith("  "))).toEqual([
      '  message 0: text, 5 bytes "World"',
      '  message 0: text, 5 bytes "Hello"',
    ]);
    const tls = Uint8Array.of(0x16, 3, 1, 0, 5);
    const secret = await inspect(
      "--file",
      capture([{ from: "client", sequence: 1, payload: tls }]),
    );
    expect(secret.stderr).toContain("1 of them TLS");
  },
);

test.runIf(isFullDepth)("wrong input is one line", async () => {
  for (const words of [
    ["xyz"],
    ["--base64", "*"],
    ["00", "--base64", "AA"],
    ["--proxy", "gopher://x"],
  ]) {
    const { status, stderr } = await inspect(...words);
    expect(stderr).toMatch(/^framewright: [^\n]+ \(WS_ERR_CLI_USAGE\)\n$/);
    expect(status).toBe(2);
  }
  expect(await inspect("--file", "/nowhere/x")).toMatchObject({ status: 1 });
});

describe.skipIf(!hasTmux())("in a terminal", () => {
  test.runIf(isFullDepth)("draws the figure in colour", async () => {
    const terminal = new Terminal("framewright inspect 81 85 37 fa 21 3d 7f 9f 4d 51 58");
    try {
      const screen = await terminal.shows(/^status 0$/m);
      expect(screen).toMatch(/^\|1\|0\|0\|0\|1 text \|1\| {6}5 {6}\| {6}37 {14}fa {7}\|$/m);
      expect(screen).toMatch(/6c 6c 6f {5}llo$/m);
      expect(terminal.screen("-e")).toContain("\u001b[36m");
    } finally {
      terminal.close();
    }
  });
});
