import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import * as diagnosticsChannel from "node:diagnostics_channel";
import os from "node:os";
import process from "node:process";
import {
  bufferAllocate,
  bufferHttp,
  bufferText,
  diagnosticsChannels,
  NetworkWatch,
  nameResolver,
  type RuntimeSupport,
  usableMemory,
  WriteBatch,
} from "@framewright/websocket/transport";

/** The fastest text coding and memory allocation on Bun, where small arrays are cheap. */
export const runtimeSupport: RuntimeSupport = {
  runtime: "bun",
  text: bufferText(buffer),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  // Without `http2Window`: with a larger window of the connection alone, Bun 1.4.5 does not open those
  // of the streams again, which then stop after 65,535 bytes.
  http2: () => process.getBuiltinModule?.("node:http2"),
  diagnostics: diagnosticsChannels(diagnosticsChannel),
  // Loaded only when an option needs it.
  resolveName: nameResolver(() => import("node:dns")),
  tlsModules: () => Promise.all([import("node:tls"), import("node:stream"), import("node:crypto")]),
  // Loaded only when compression is used. Loading it takes about 4 MiB on Bun.
  zlib: () => process.getBuiltinModule?.("node:zlib"),
  sharedFrom: 65,
  slicedFrom: 160,
  keepFrom: 8_193,
  allocate: bufferAllocate(buffer),
  writeBatch: /* @__PURE__ */ new WriteBatch(),
  usableMemory: () => usableMemory(process, os),
};

/** Tells all reconnecting clients of the process when the machine is online again. */
export const networkWatch = /* @__PURE__ */ new NetworkWatch(os);
