/**
 * Names that the examples of docstrings use without introducing them, with their types. A docstring
 * stays short this way, and its calls are checked all the same.
 */
const websocket = (name: string) => `import("@framewright/websocket").${name}`;
const codec = (name: string, path = "") => `import("@framewright/codec${path}").${name}`;

const transport = 'import("@framewright/websocket/transport").Transport';

const names: Record<string, string> = {
  app: 'import("node:http").RequestListener',
  bytes: "Uint8Array<ArrayBuffer>",
  chunk: "Uint8Array<ArrayBuffer>",
  client: websocket("Socket"),
  connection: codec("Connection"),
  connections: `${codec("Connection")}[]`,
  createReadStream: 'typeof import("node:fs").createReadStream',
  createServer: 'typeof import("node:http").createServer',
  data: "string | Uint8Array<ArrayBuffer>",
  decoder: codec("FrameDecoder", "/frame"),
  end: "any",
  error: codec("HandshakeError"),
  fail: "(error: unknown) => void",
  headers: codec("HttpHeaders", "/handshake"),
  httpServer: 'import("node:http").Server',
  inflator: codec("Inflator", "/deflate"),
  memoryPipe: `() => [${transport}, ${transport}]`,
  open: "(...values: unknown[]) => void",
  output: codec("OutputQueue", "/internal"),
  payload: "Uint8Array<ArrayBuffer>",
  prices: "object",
  refuse: "(error: Error) => void",
  respond: "(status: number) => void",
  retryAfter: "(header: string | undefined) => void",
  room: `Set<${websocket("Socket")}>`,
  sender: websocket("Socket"),
  server: websocket("Server"),
  socket: websocket("Socket"),
  start: "any",
  status: "number",
  subscribers: `Set<${websocket("Socket")}>`,
  test: "(name: string, run: () => Promise<void>, timeout: number) => void",
  text: "string",
  transform: "TransformStream<any, any>",
  upgrades: websocket("Upgrades"),
  use: "(...values: unknown[]) => void",
  writable: "WritableStream",
  write: "(bytes: Uint8Array) => void",
};

/** Names that have another type in the docstrings of one file. */
const namesOfFiles: Record<string, Record<string, string>> = {
  "inspect/connection-inspector.ts": {
    openInflator: `${codec("Compressors", "/deflate")}["openInflator"]`,
    request: "Uint8Array<ArrayBuffer>",
    response: "Uint8Array<ArrayBuffer>",
  },
  "handshake/request-reader.ts": {
    reader: codec("UpgradeRequestReader", "/handshake"),
    end: "(bytes: Uint8Array) => void",
  },
  "handshake/response-reader.ts": { reader: codec("UpgradeResponseReader", "/handshake") },
  "handshake/http-response.ts": {
    reader: `{ error: ${codec("HandshakeError")}; request?: ${codec("HttpRequest", "/handshake")} }`,
  },
  "handshake/http-head.ts": { refuse: "(error: Error) => undefined" },
  "handshake/http2.ts": { headers: codec("HeaderBlock", "/handshake") },
  "web/websocket-stream-types.ts": {
    WebSocketStream: 'typeof import("@framewright/node-transport/websocket").WebSocketStream',
  },
};

/**
 * Returns the declarations of those of the names that the tables have, without what is imported.
 *
 * @param isOwn - Whether for the file's own names, which come before imports, or for all.
 */
export function declarationsOf(document: string, used: Set<string>, isOwn: boolean): string {
  const [, , , folder, file] = document.split("/");
  const known = isOwn ? (namesOfFiles[`${folder}/${file}`] ?? {}) : names;
  return Object.entries(known)
    .filter(([name]) => used.delete(name))
    .map(([name, type]) => `declare const ${name}: ${type};`)
    .join(" ");
}
