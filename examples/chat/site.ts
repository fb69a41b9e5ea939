import { readFileSync } from "node:fs";
import type { HttpResponse, IncomingRequest } from "@framewright/websocket";

interface Page {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The used part of a request for a page. */
export type PageRequest = Pick<IncomingRequest, "method" | "path">;

/** All resources must come from this server, and no text can become markup or script. */
const headers = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

/** Reads the page's files and returns the handler of plain HTTP requests. */
export function readSite(): (request: PageRequest) => HttpResponse {
  const files = new Map<string, Page>([
    ["/", { type: "text/html; charset=utf-8", body: read("page/index.html") }],
    ["/favicon.svg", { type: "image/svg+xml", body: read("page/favicon.svg") }],
    ["/style.css", { type: "text/css; charset=utf-8", body: readBuilt("dist/page.css") }],
    ["/page.js", { type: "text/javascript; charset=utf-8", body: readBuilt("dist/page.js") }],
  ]);
  return (request) => {
    if (request.path.startsWith("/rooms/") || request.path === "/wire") {
      const body = "this is a WebSocket endpoint\n";
      return { status: 426, headers: { Upgrade: "websocket" }, body };
    }
    const file = files.get(request.path);
    if (file === undefined) return { status: 404, headers, body: "not found\n" };
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { status: 405, headers: { ...headers, Allow: "GET, HEAD" }, body: "only GET\n" };
    }
    return { status: 200, headers: { ...headers, "Content-Type": file.type }, body: file.body };
  };
}

function read(path: string): Uint8Array {
  return readFileSync(new URL(path, import.meta.url));
}

function readBuilt(path: string): Uint8Array {
  try {
    return read(path);
  } catch (cause) {
    throw new Error(`examples/chat/${path} is missing: run \`npm run build\` first`, { cause });
  }
}
