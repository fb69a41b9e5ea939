import { describe, expect, test } from "vitest";
import { ConnectionInspector } from "../../src/inspect/connection-inspector.ts";
import { ascii, bytes, concat } from "../bytes.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import { openInflator } from "./drive.ts";

const request = ascii(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
);
const response = ascii(
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
);
const payload = bytes("f2 48 cd c9 c9 07 00");

/** Takes all frames, each as `from: text codes`. */
function drain(inspector: ConnectionInspector): string[] {
  const items: string[] = [];
  for (let item = inspector.next(); item !== undefined; item = inspector.next()) {
    const { from, frame } = item;
    const codes = frame.faults.map(({ code }) => code);
    items.push([`${from}:`, frame.completed?.text ?? frame.text, ...codes].join(" "));
  }
  return items;
}

describe("both directions", () => {
  test("use the permessage-deflate of the response", () => {
    const inspector = new ConnectionInspector({ openInflator });
    inspector.push("client", request);
    expect(drain(inspector)).toEqual([]);
    inspector.push(
      "server",
      concat([response, frameFor("client", { rsv: 0x40, opcode: 1, payload })]),
    );
    inspector.push("client", frameFor("server", { rsv: 0x40, opcode: 1, payload }));
    expect(drain(inspector).sort()).toEqual(["client: Hello", "server: Hello"]);
    expect(inspector.fromServer.handshake?.faults).toEqual([]);
    expect(inspector.fromClient.handshake?.kind).toBe("request");
    inspector.close();
  });

  test("are judged by their role", () => {
    const inspector = new ConnectionInspector({ handshake: false });
    inspector.push("client", bytes("81 00"));
    inspector.push("server", bytes("81 80 00000000"));
    expect(drain(inspector)).toEqual([
      "server:  WS_ERR_UNEXPECTED_MASK",
      "client:  WS_ERR_EXPECTED_MASK",
    ]);
  });

  test("end together or one by one", () => {
    const ended = (from?: "client" | "server") => {
      const inspector = new ConnectionInspector();
      inspector.push("client", bytes("81"));
      inspector.push("server", bytes("81"));
      inspector.end(from);
      return drain(inspector).map((item) => item.slice(0, 6));
    };
    expect([ended("client"), ended("server"), ended()]).toEqual([
      ["client"],
      ["server"],
      ["server", "client"],
    ]);
  });
});

test("the option deflate replaces that of the response", () => {
  const deflate = { contextTakeover: false };
  const inspector = new ConnectionInspector({ openInflator, deflate, handshake: false });
  inspector.push("client", frameFor("server", { rsv: 0x40, opcode: 1, payload }));
  expect(drain(inspector)).toEqual(["client: Hello"]);
});
