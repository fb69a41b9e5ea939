import { describe, expect, test } from "vitest";
import { HandshakeError } from "../../src/errors.ts";
import { AnswerReader } from "../../src/handshake/answer-reader.ts";
import { maxBodyLength } from "../../src/handshake/http-body.ts";
import type { HttpHeadReader } from "../../src/handshake/http-head.ts";
import { ascii, cut } from "../bytes.ts";
import { faultOf, headText } from "./heads.ts";

/** Agrees to status 200, as a client does that asked a proxy for a tunnel. */
class TunnelReader extends AnswerReader<string> {
  protected override judge({ head, error }: HttpHeadReader): string | HandshakeError {
    if (head === undefined) return error as HandshakeError;
    const { startLine, headers } = head;
    const status = Number(startLine.split(" ")[1]);
    if (status === 200) return startLine;
    return new HandshakeError("WS_ERR_PROXY_REFUSED", status, "refused", { headers });
  }
}

const acceptance = headText("HTTP/1.1 200 OK", "Via: proxy");
const refusal = headText("HTTP/1.1 407 Login", "Content-Length: 8", "X-Reason: a");
const textOf = (bytes: Uint8Array | undefined) => String.fromCharCode(...(bytes ?? []));
const chunkLengths = [1, 2, 7, 50, 1000];

describe("an answer that is accepted", () => {
  test.each(chunkLengths)("ends with its head, in chunks of %i bytes", (length) => {
    const reader = new TunnelReader();
    const chunks = cut(ascii(`${acceptance}\x81\x05Hello`), [length]);
    let read = 0;
    for (const chunk of chunks) {
      const after = reader.push(chunk);
      read += after < 0 ? chunk.length : after;
      if (after >= 0) break;
      expect(reader.agreement).toBeUndefined();
    }
    expect(read).toBe(acceptance.length);
    expect(reader.agreement).toBe("HTTP/1.1 200 OK");
    expect([reader.error, reader.refusal, reader.isReadingBody]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(reader.end()).toBeUndefined();
  });

  test("is not known before its head is complete", () => {
    const reader = new TunnelReader();
    expect(reader.push(ascii(acceptance.slice(0, -1)))).toBe(-1);
    expect([reader.agreement, reader.end()]).toEqual([undefined, undefined]);
  });
});

describe("an answer that is refused", () => {
  test.each(chunkLengths)("is an error with headers and body, in chunks of %i bytes", (length) => {
    const reader = new TunnelReader();
    const chunks = cut(ascii(`${refusal}no login`), [length]);
    const results = chunks.map((chunk) => reader.push(chunk));
    // A body belongs to nobody else, so all of the last chunk is read.
    expect(results).toEqual([...chunks.slice(1).map(() => -1), chunks.at(-1)?.length]);
    expect(faultOf(reader.error)).toBe("407 WS_ERR_PROXY_REFUSED");
    expect(reader.error?.message).toBe(
      new HandshakeError("WS_ERR_PROXY_REFUSED", 407, "refused").message,
    );
    expect(reader.error?.headers?.get("x-reason")).toBe("a");
    expect(textOf(reader.error?.body)).toBe("no login");
    expect([reader.agreement, reader.refusal, reader.isReadingBody]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(reader.end()).toBe(reader.error);
  });

  test("has no error yet while its body is read, and the part received if the stream ends", () => {
    const reader = new TunnelReader();
    expect(reader.push(ascii(`${refusal}no`))).toBe(-1);
    expect([reader.error, reader.isReadingBody, faultOf(reader.refusal)]).toEqual([
      undefined,
      true,
      "407 WS_ERR_PROXY_REFUSED",
    ]);
    expect(reader.refusal?.body).toBeUndefined();
    const error = reader.end();
    expect(textOf(error?.body)).toBe("no");
    expect([reader.error === error, reader.isReadingBody]).toEqual([true, false]);
    expect(reader.end()).toBe(error);
  });

  test("has at most 64 KiB of its body, however long that is", () => {
    const reader = new TunnelReader();
    expect(reader.push(ascii(headText("HTTP/1.1 500 Oh")))).toBe(-1);
    const piece = new Uint8Array(40_000);
    expect([reader.push(piece), reader.push(piece)]).toEqual([-1, 40_000]);
    expect(reader.error?.body).toHaveLength(maxBodyLength);
  });

  test("has no body to wait for if its fault is in the head", () => {
    const reader = new TunnelReader();
    expect(reader.push(ascii("HTTP/1.1 200 OK\nVia: proxy\n\n"))).toBeGreaterThanOrEqual(0);
    expect(faultOf(reader.error)).toBe("400 WS_ERR_INVALID_HTTP");
    expect([reader.error?.body, reader.refusal, reader.isReadingBody]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(reader.end()).toBe(reader.error);
  });
});
