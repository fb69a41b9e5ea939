import { readFileSync } from "node:fs";
import type { HttpResponse, IncomingRequest } from "@framewright/websocket";

const types: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "favicon.svg": "image/svg+xml",
};

/** The page has a Content-Security-Policy of its own, because any server can serve it. */
const headers = {
  "Content-Security-Policy": "frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

/** Reads the built page and returns the handler of plain HTTP requests. */
export function readSite(): (request: Pick<IncomingRequest, "method" | "path">) => HttpResponse {
  const files = new Map(Object.keys(types).map((name) => [name, readBuilt(name)]));
  return ({ method, path }) => {
    const name = path === "/" ? "index.html" : path.slice(1);
    const body = files.get(name);
    if (body === undefined) return { status: 404, headers, body: "not found\n" };
    if (method !== "GET" && method !== "HEAD")
      return { status: 405, headers: { ...headers, Allow: "GET, HEAD" }, body: "only GET\n" };
    return { status: 200, headers: { ...headers, "Content-Type": types[name] }, body };
  };
}

function readBuilt(name: string): Uint8Array {
  try {
    return readFileSync(new URL(`dist/${name}`, import.meta.url));
  } catch (cause) {
    throw new Error(`examples/inspector/dist/${name} is missing: run \`npm run build\` first`, {
      cause,
    });
  }
}
