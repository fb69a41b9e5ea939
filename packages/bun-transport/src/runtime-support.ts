import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import * as diagnosticsChannel from "node:diagnostics_channel";
import os from "node:os";
import process from "node:process";
import type { Bytes } from "@framewright/codec";
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

const allocateBuffer = /* @__PURE__ */ bufferAllocate(buffer);

/**
 * `Bun.allocUnsafe` saves the 0.5 us of reading the `ArrayBuffer` of a `Buffer`, from which on
 * JavaScriptCore counts its memory twice. For long messages that count is of use: they are collected
 * sooner, so that their memory is used again before it is given back. An echo of 8 MiB has 125 page
 * faults instead of 148.
 */
function allocate(length: number): Bytes {
  const isMedium = length >= 4_096 && length < 65_536;
  return isMedium ? Bun.allocUnsafe(length) : allocateBuffer(length);
}

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
  allocate,
  writeBatch: /* @__PURE__ */ new WriteBatch(),
  usableMemory: () => usableMemory(process, os),
};

/** Tells all reconnecting clients of the process when the machine is online again. */
export const networkWatch = /* @__PURE__ */ new NetworkWatch(os);
