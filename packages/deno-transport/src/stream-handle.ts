import process from "node:process";
import { mayUseInternals } from "@framewright/websocket/transport";

/**
 * The used part of the object by which Deno's `node:net` listens, or reads and writes a connection.
 * Methods that return a number return 0, or a negative error number if they failed.
 */
export interface StreamHandle {
  /** Called after each read; see `readResult`. Looked up by `readStart`. */
  onread: (this: StreamHandle) => void;
  /** Called with 0 when a connection can be accepted. */
  onconnection: (this: StreamHandle, status: number) => void;
  /** @param buffer - Where bytes are read into. Retained. */
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  /**
   * Writes what the operating system takes at once. Copies the rest and writes it later.
   *
   * @param request - Called if there was a rest; see `hasUnwritten`.
   */
  writeBuffer(request: CompletedRequest, bytes: Uint8Array): number;
  /** Ends the outgoing direction after everything that is being written. */
  shutdown(request: CompletedRequest): number;
  setNoDelay(enable: boolean): number;
  /** @param address - Modified: gets the peer's address. */
  getpeername(address: { address?: string }): number;
  listen(backlog: number): number;
  /** @param client - A new handle, which becomes the connection. */
  accept(client: StreamHandle): number;
  /** @param descriptor - Owned from now on. */
  open(descriptor: number): number;
  /** Returns a new descriptor of the same socket, or a negative number if there is none left. */
  fdForIpc(): number;
  close(): void;
}

/** Receives the result of a call of `StreamHandle`. One object may do so for all handles. */
export interface CompletedRequest {
  /** @param status - 0, or a negative error number. */
  oncomplete(status: number, handle: StreamHandle): void;
}

/** The class of handles, and the values of its parameter. */
export interface StreamHandles {
  readonly TCP: new (socketType: number) => StreamHandle;
  readonly socketType: { readonly SOCKET: number; readonly SERVER: number };
}

/** The used part of what Deno's `process.binding` returns for "tcp_wrap" and "stream_wrap". */
interface Bindings extends StreamHandles {
  /** The results of the last calls, of all handles. */
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

/** The methods of a handle that are not older than what this package needs of them. */
const methods = ["useUserBuffer", "writeBuffer", "shutdown", "accept", "open", "fdForIpc"] as const;

/**
 * The versions of Deno with which this package is tested. Others may treat the memory of a write in
 * another way, which no lookup shows.
 */
const testedVersions = /^2\.9\./;

/** Undefined before the first lookup, null if a member was not found or must not be used. */
let handles: StreamHandles | null | undefined;
// The results of the last calls, of all handles, and the indexes at which they are.
let results: Int32Array = new Int32Array(2);
let readIndex = 0;
let writeIndex = 1;

/**
 * Returns the class of handles; undefined if this version of the runtime is not known or does not have
 * what is needed of it, or if undocumented members must not be used. See docs/runtime-internals.md.
 */
export function streamHandles(): StreamHandles | undefined {
  if (handles === undefined) {
    const isAllowed = testedVersions.test(Deno.version.deno) && mayUseInternals();
    handles = (isAllowed ? findHandles() : undefined) ?? null;
  }
  return handles ?? undefined;
}

/** Within `onread`: the number of bytes that were read, or a negative error number. */
export function readResult(): number {
  return results[readIndex] as number;
}

/** After `writeBuffer`: whether a rest of the bytes is still to be written. */
export function hasUnwritten(): boolean {
  return results[writeIndex] !== 0;
}

function findHandles(): StreamHandles | undefined {
  const { binding } = process as { binding?: (name: string) => Partial<Bindings> };
  try {
    const found = { ...binding?.("tcp_wrap"), ...binding?.("stream_wrap") };
    const { TCP, socketType, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = found;
    const numbers = [socketType?.SOCKET, socketType?.SERVER, kReadBytesOrError, kLastWriteWasAsync];
    const isComplete =
      streamBaseState instanceof Int32Array &&
      numbers.every((value) => typeof value === "number") &&
      methods.every((name) => typeof TCP?.prototype[name] === "function");
    if (!isComplete) return undefined;
    ({ streamBaseState: results } = found as Bindings);
    ({ kReadBytesOrError: readIndex, kLastWriteWasAsync: writeIndex } = found as Bindings);
    return found as Bindings;
  } catch {
    return undefined;
  }
}
