import { HandshakeError } from "../../packages/codec/src/errors.ts";
import type { HttpRequest } from "../../packages/codec/src/handshake/http-request.ts";
import {
  checkConnectRequest,
  connectResponse,
  parseConnectRequest,
} from "../../packages/codec/src/handshake/http2.ts";
import { checkConnectResponse } from "../../packages/codec/src/handshake/http2-client.ts";
import { chooseSubprotocol } from "../../packages/codec/src/handshake/server.ts";
import { parseWebSocketUrl } from "../../packages/codec/src/handshake/url.ts";
import { Choices } from "../input/choices.ts";
import { check, checkSame } from "../reference/check.ts";
import {
  type Block,
  fieldsOf,
  judgeConnectRequest,
  judgeConnectResponse,
} from "../reference/header-block.ts";
import { acceptFor } from "../reference/upgrade-request.ts";

export { headerBlockDictionary as dictionary } from "../input/dictionaries.ts";

const subprotocols = ["superchat", "chat"];
const ourRequest = {
  url: parseWebSocketUrl("wss://server.example.com/chat"),
  subprotocols,
  extensions: [],
  headers: {},
};

/** A header block is answered, as a request or as a response, as RFC 8441 section 5 requires. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const isResponse = (choices.byte() & 1) !== 0;
  const block = readBlock(choices.rest());
  if (isResponse) checkResponse(block);
  else checkRequest(block);
}

/** Lines of a name and a value. The separators are no characters of either. */
function readBlock(bytes: Uint8Array): Block {
  const lines = Buffer.from(bytes).toString("latin1").split("\xff");
  return lines.slice(0, -1).map((line) => {
    const [name, ...value] = line.split("\xfe");
    return [name, value.join("")];
  });
}

function checkRequest(block: Block): void {
  const request = parseConnectRequest(block);
  const fault = request instanceof HandshakeError ? request : checkConnectRequest(request);
  const verdict = judgeConnectRequest(block);
  check(
    (fault === undefined) !== (verdict === "refuse") || verdict === "either",
    `the reference says ${verdict}`,
  );
  if (fault !== undefined) {
    check(fault.status >= 400 && fault.status <= 501, `answered with ${fault.status}`);
    return;
  }
  const accepted = request as HttpRequest;
  checkHeaders(accepted, block);
  checkAnswer(accepted, block);
}

function checkHeaders({ target, headers }: HttpRequest, block: Block): void {
  const pseudo = new Map(block);
  checkSame(target, pseudo.get(":path") ?? "", "the target differs");
  const fields = fieldsOf(block);
  if (!fields.some(([name]) => name === "host"))
    fields.push(["host", pseudo.get(":authority") ?? ""]);
  const sorted = (pairs: Iterable<readonly [string, string]>) =>
    JSON.stringify([...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  checkSame(sorted(headers), sorted(fields), "the headers differ");
}

/** The response is one that a client accepts, and has what the request asks for. */
function checkAnswer(request: HttpRequest, block: Block): void {
  const subprotocol = chooseSubprotocol(request, subprotocols);
  const response = Object.entries(connectResponse(request, subprotocol)) as [string, string][];
  const key = new Map(block).get("sec-websocket-key");
  const expected = key === undefined ? undefined : acceptFor(key);
  check(new Map(response).get("sec-websocket-accept") === expected, "the key is answered wrongly");
  check(judgeConnectResponse(response, subprotocols) === "accept", "the answer is malformed");
  const result = checkConnectResponse(response, ourRequest);
  check(!(result instanceof HandshakeError), "our client refuses our server's answer");
  checkSame(result.subprotocol, subprotocol, "the subprotocol differs");
}

function checkResponse(block: Block): void {
  const result = checkConnectResponse(block, ourRequest);
  const verdict = judgeConnectResponse(block, subprotocols);
  const isAccepted = !(result instanceof HandshakeError);
  check(
    isAccepted !== (verdict === "refuse") || verdict === "either",
    `the reference says ${verdict}`,
  );
  if (!isAccepted) return;
  const chosen = new Map(fieldsOf(block)).get("sec-websocket-protocol") ?? "";
  checkSame(result.subprotocol, chosen, "the subprotocol differs");
  check(result.extensions.length === 0, "an extension that was not offered");
}
