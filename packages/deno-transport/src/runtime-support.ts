import * as buffer from "node:buffer";
import { hash } from "node:crypto";
import * as diagnosticsChannel from "node:diagnostics_channel";
import os from "node:os";
import process from "node:process";
import {
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

/**
 * Time in milliseconds after which the next turn goes through a timer, so that sockets are polled.
 */
const maxTimeWithoutInput = 4;
let lastInput = 0;

/**
 * Calls back in the next turn of the event loop. Deno runs dozens of immediates before it polls its
 * sockets: with 1 ms of work in each, other connections waited 100 to 500 ms. It polls them before
 * it runs a timer, but a timer takes at least 1 ms, which is too long for every turn.
 */
function nextTurn(callback: () => void): void {
  if (performance.now() - lastInput < maxTimeWithoutInput) {
    setImmediate(callback);
    return;
  }
  setTimeout(() => {
    lastInput = performance.now();
    callback();
  }, 0);
}

/**
 * The fastest text coding and memory allocation on Deno, where every array with an `ArrayBuffer` of
 * its own is expensive.
 */
export const runtimeSupport: RuntimeSupport = {
  runtime: "deno",
  // A native call for writing takes 70 to 100 ns, so a loop writes up to 64 characters.
  text: bufferText(buffer, { decoded: 16, inGroups: true, written: 64 }),
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
  sharedAloneFrom: 1,
  allocate: keepingMemory((length) => new Uint8Array(length)),
  nextTurn,
  // Deno runs microtasks when it has called back for all sockets that are ready.
  writeBatch: /* @__PURE__ */ new WriteBatch(queueMicrotask),
  usableMemory: () => (maySee("systemMemoryInfo") ? usableMemory(process, os) : undefined),
};

/** Tells all reconnecting clients of the process when the machine is online again. */
export const networkWatch = /* @__PURE__ */ new NetworkWatch(os, () => maySee("networkInterfaces"));

/** Whether the program has a permission. Without this question, Deno would ask the user for it. */
function maySee(kind: "systemMemoryInfo" | "networkInterfaces"): boolean {
  // Elsewhere `connect` says that this package is for Deno.
  if (typeof Deno === "undefined") return false;
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted";
}
