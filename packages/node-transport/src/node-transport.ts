import type { Socket } from "node:net";
import {
  type PeerCertificate,
  systemError,
  type Transport,
  type TransportListener,
} from "@framewright/websocket/transport";
import { type WriteRequest, writeDirectly } from "./direct-writing.ts";
import { readBuffer, readShared } from "./shared-reading.ts";

const nothing = new Uint8Array(0);

/** Key of a socket's transport. With it, all sockets can share their event handlers. */
const transportOf = Symbol("transport");
type Carrier = Socket & { [transportOf]: NodeTransport };
type PendingRequest = WriteRequest & { [transportOf]: NodeTransport };

/** A transport over a `net.Socket` or `tls.TLSSocket` that was created with `allowHalfOpen`. */
export class NodeTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  readonly peerCertificate: PeerCertificate | undefined;
  private readonly socket: Socket;
  /** TLS writes never complete synchronously, so each one gets a callback. */
  private readonly encrypted: boolean;
  private inputEnded = false;
  private destroyed = false;
  /** The bytes of a direct write that has not ended, whose memory must stay. */
  private unwritten: Uint8Array = nothing;
  private written: ((error?: Error | null) => void) | undefined = undefined;

  constructor(socket: Socket, encrypted: boolean, peerCertificate?: PeerCertificate) {
    this.socket = socket;
    this.encrypted = encrypted;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.peerCertificate = peerCertificate;
    (socket as Carrier)[transportOf] = this;
    if (!readShared(socket, onRead)) socket.on("data", onData);
    socket.on("end", onEnd).on("error", onError).on("close", onClose);
    // What others have written before goes out first, and its end is reported as that of our own.
    if (socket.writableLength > 0) socket.write(nothing, this.whenWritten());
  }

  get pending(): number {
    return this.unwritten.length + this.socket.writableLength;
  }

  write(bytes: Uint8Array): number {
    const { socket } = this;
    // One write at a time. Further bytes stay in the session's queue, where they are counted.
    if (this.pending > 0 || !socket.writable) return 0;
    if (this.encrypted) {
      socket.write(bytes, this.whenWritten());
      return bytes.length;
    }
    const result = writeDirectly(socket, bytes);
    if (result === false) {
      socket.write(bytes);
      // If the kernel did not accept all bytes at once, the callback of an empty write reports when
      // the rest has been written.
      if (socket.writableLength > 0) socket.write(nothing, this.whenWritten());
    } else if (result !== true) {
      (result as PendingRequest)[transportOf] = this;
      result.oncomplete = onWritten;
      this.unwritten = bytes;
    }
    return bytes.length;
  }

  /** Called when the rest of a direct write has been written, or has failed. */
  wrote(status: number): void {
    this.unwritten = nothing;
    if (status !== 0) this.socket.destroy(systemError("write", errorName(status)));
    else if (!this.destroyed) this.listener.drained();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  shutdown(): void {
    // If both directions are done, closing has the same effect with one system call less.
    if (this.inputEnded && this.pending === 0 && !this.encrypted) this.destroy();
    else this.socket.end();
  }

  destroy(): void {
    this.destroyed = true;
    this.socket.destroy();
  }

  /** Called by the socket's handlers when the peer has ended its direction. */
  endInput(): void {
    this.inputEnded = true;
    this.listener.ended();
  }

  /**
   * Called by the socket's handlers when the socket is closed. Without an error, this is no failure
   * if both directions have ended.
   */
  gone(error: Error | undefined): void {
    if (this.destroyed || (error === undefined && this.inputEnded)) return;
    this.destroyed = true;
    this.listener.failed(error ?? new Error("the connection was closed"));
  }

  /** Returns the write callback. Created on first use, because most connections never need it. */
  private whenWritten(): (error?: Error | null) => void {
    this.written ??= (error) => {
      if (!error && !this.destroyed) this.listener.drained();
    };
    return this.written;
  }
}

function onWritten(this: WriteRequest, status: number): void {
  (this as PendingRequest)[transportOf].wrote(status);
}

function onData(this: Socket, bytes: Uint8Array): void {
  (this as Carrier)[transportOf].listener.receive(bytes);
}

function onRead(this: Socket, length: number): boolean {
  const { listener } = (this as Carrier)[transportOf];
  listener.receive(readBuffer.lastRead(length, listener.exposesMemory === true));
  return true;
}

function onEnd(this: Socket): void {
  (this as Carrier)[transportOf].endInput();
}

function onError(this: Socket, error: Error): void {
  (this as Carrier)[transportOf].gone(error);
}

function onClose(this: Socket): void {
  (this as Carrier)[transportOf].gone(undefined);
}

/** Only a failure loads `node:util`, because an import of it would load 14 modules at start-up. */
function errorName(status: number): string {
  return process.getBuiltinModule?.("node:util").getSystemErrorName(status) ?? String(status);
}
