import { Socket } from "node:net";
import { mayUseInternals } from "@framewright/websocket/transport";

/** The used part of the object by which `node:net` writes a connection. It is not documented. */
interface WritableHandle {
  /**
   * Writes what the operating system takes at once, and refers to the rest until it is written.
   *
   * @param request - Called if there was a rest, and not to be used for another write then. Null from
   *   Node 26 on, which makes one if there was a rest.
   * @returns 0 or the request made, or a negative error number if nothing was written.
   */
  writeBuffer(request: WriteRequest | null, bytes: Uint8Array): number | WriteRequest;
}

/** Receives the result of a write that did not end at once. */
export interface WriteRequest {
  /** @param status - 0, or a negative error number. */
  oncomplete: (this: this, status: number) => void;
  /** Returns a positive number if a write uses the request. */
  getAsyncId(): number;
}

/**
 * For the next write of any socket, because most writes end at once. Null if Node makes requests
 * itself, false if writes by the handle are not possible, undefined before the lookup.
 */
let nextRequest: WriteRequest | null | false | undefined;

/**
 * Writes bytes by the handle of a socket. A stream's write makes several objects, and calls back in a
 * later turn. See docs/runtime-internals.md.
 *
 * @param bytes - Borrowed until they are written.
 * @returns True if all bytes are written. A request if a rest waits, whose `oncomplete` the caller
 *   sets. False if nothing was written: a write of the socket is possible, or reports the error.
 */
export function writeDirectly(socket: Socket, bytes: Uint8Array): WriteRequest | boolean {
  const handle = writableHandle(socket);
  if (handle === undefined) return false;
  if (nextRequest === undefined) nextRequest = firstRequest();
  const request = nextRequest;
  if (request === false) return false;
  const result = handle.writeBuffer(request, bytes);
  if (typeof result === "object") return result;
  // The rest may have been written meanwhile, and the request be called all the same.
  if (request === null || result !== 0 || request.getAsyncId() < 0) return result === 0;
  nextRequest = another(request);
  return request;
}

/** Returns undefined if the socket has no handle, or if its timeout has to see each write. */
function writableHandle(socket: Socket): WritableHandle | undefined {
  if (socket.timeout) return undefined;
  const { _handle: handle } = socket as { _handle?: Partial<WritableHandle> | null };
  return typeof handle?.writeBuffer === "function" ? (handle as WritableHandle) : undefined;
}

function firstRequest(): WriteRequest | null | false {
  const request = mayUseInternals() ? requestOfNode() : undefined;
  if (request === null) return null;
  // Another object than Node's own would end the process.
  const isKnown = request?.constructor.name === "WriteWrap" && "getAsyncId" in request;
  return isKnown && another(request as WriteRequest);
}

function another(request: WriteRequest): WriteRequest {
  return new (request.constructor as new () => WriteRequest)();
}

/** Returns what Node passes to a handle as the request, by a write to one that only notes it. */
function requestOfNode(): object | null | undefined {
  let noted: object | null | undefined;
  const handle = {
    readStart: () => 0,
    close() {},
    writeBuffer(request: object | null) {
      noted = request;
      return 0;
    },
  };
  try {
    const probe = new Socket({ handle } as object).on("error", () => {});
    probe.write(new Uint8Array(1));
    probe.destroy();
    return noted;
  } catch {
    return undefined;
  }
}
