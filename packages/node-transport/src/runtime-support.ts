import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import * as diagnosticsChannel from "node:diagnostics_channel";
import os from "node:os";
import {
  bufferAllocate,
  bufferHttp,
  bufferText,
  diagnosticsChannels,
  keepingMemory,
  NetworkWatch,
  nameResolver,
  type RuntimeSupport,
  usableMemory,
  WriteBatch,
} from "@framewright/websocket/transport";

/** The fastest text coding and memory allocation on Node. */
export const runtimeSupport: RuntimeSupport = {
  runtime: "node",
  text: bufferText(buffer, { decoded: 16, inGroups: true, written: 24 }),
  http: bufferHttp({ Buffer: buffer.Buffer, hash }),
  http2: () => process.getBuiltinModule?.("node:http2"),
  // 16 WebSockets that each send 16 KiB at once fill the default of 65,535 bytes four times.
  http2Window: 1_048_576,
  diagnostics: diagnosticsChannels(diagnosticsChannel),
  // Loaded only when an option needs it.
  resolveName: nameResolver(() => import("node:dns")),
  tlsModules: () => Promise.all([import("node:tls"), import("node:stream"), import("node:crypto")]),
  // Loaded only when compression is used.
  zlib: () => process.getBuiltinModule?.("node:zlib"),
  sharedFrom: 1,
  sharedAloneFrom: 65,
  allocate: keepingMemory(bufferAllocate(buffer)),
  writeBatch: /* @__PURE__ */ new WriteBatch(),
  usableMemory: () => usableMemory(process, os),
};

/** Tells all reconnecting clients of the process when the machine is online again. */
export const networkWatch = /* @__PURE__ */ new NetworkWatch(os);
