import * as zlib from "node:zlib";
import { zlibCompressors } from "../../../websocket/src/zlib/zlib-compressors.ts";
import { Connection, type ConnectionOptions } from "../../src/connection/connection.ts";
import type { Compressors, Deflator, Inflator } from "../../src/deflate/compressor.ts";
import {
  CompressorPool,
  deflatorMemory,
  inflatorMemory,
} from "../../src/deflate/compressor-pool.ts";
import type { DeflateParameters } from "../../src/deflate/deflate-negotiation.ts";
import type { DeflateSettings } from "../../src/deflate/deflate-settings.ts";
import { PerMessageDeflate } from "../../src/deflate/permessage-deflate.ts";
import type { Role } from "../connection/drive.ts";

/** Compressors by node:zlib, which all three runtimes have. */
export const compressors = zlibCompressors(zlib) as Compressors;

/** Opens real compressors and records how they are used. */
export class CountedCompressors implements Compressors {
  readonly deflators: Deflator[] = [];
  readonly inflators: Inflator[] = [];
  /** The deflators and inflators that are not closed. */
  readonly open = new Set<Deflator | Inflator>();
  deflated = 0;
  /** The lengths returned by `next` of all inflators. */
  readonly inflated: number[] = [];

  openDeflator(windowBits: number, level: number, memLevel: number): Deflator {
    const real = compressors.openDeflator(windowBits, level, memLevel);
    const counted: Deflator = {
      deflate: (bytes, start, end) => {
        this.deflated++;
        return real.deflate(bytes, start, end);
      },
      deflatePart: (bytes, start, end) => real.deflatePart(bytes, start, end),
      reset: () => real.reset(),
      close: () => {
        real.close();
        this.open.delete(counted);
      },
    };
    this.deflators.push(counted);
    this.open.add(counted);
    return counted;
  }

  openInflator(windowBits: number): Inflator {
    const real = compressors.openInflator(windowBits);
    const counted: Inflator = {
      output: real.output,
      get done() {
        return real.done;
      },
      push: (bytes, start, end, isLast) => real.push(bytes, start, end, isLast),
      next: () => {
        const length = real.next();
        this.inflated.push(length);
        return length;
      },
      retain: () => real.retain(),
      reset: () => real.reset(),
      close: () => {
        real.close();
        this.open.delete(counted);
      },
    };
    this.inflators.push(counted);
    this.open.add(counted);
    return counted;
  }
}

/** Changes to the default settings. `compressors` are used for a new pool. */
export type SettingsChoice = Partial<DeflateSettings> & { compressors?: Compressors };

export function settingsFor(choice: SettingsChoice = {}): DeflateSettings {
  const { compressors: chosen = compressors, ...given } = choice;
  return {
    pool: given.pool ?? new CompressorPool(chosen),
    threshold: 0,
    level: 6,
    memLevel: 8,
    maxMemory: Number.MAX_SAFE_INTEGER,
    maxMessageSize: 1 << 20,
    contextTakeover: false,
    windowBits: 15,
    ...given,
  };
}

export const noTakeover: DeflateParameters = {
  sendContextTakeover: false,
  sendWindowBits: 15,
  receiveContextTakeover: false,
  receiveWindowBits: 15,
};

export const takeover: DeflateParameters = {
  ...noTakeover,
  sendContextTakeover: true,
  receiveContextTakeover: true,
};

/** The agreement from the peer's point of view. */
export function mirrored(agreement: DeflateParameters): DeflateParameters {
  return {
    sendContextTakeover: agreement.receiveContextTakeover,
    sendWindowBits: agreement.receiveWindowBits,
    receiveContextTakeover: agreement.sendContextTakeover,
    receiveWindowBits: agreement.sendWindowBits,
  };
}

/**
 * The memory for the windows of both directions, in bytes. A handshake reserves it before it agrees
 * to keep a window.
 */
export function windowsMemory(windowBits = 15, memLevel = 8): number {
  return inflatorMemory(15) + deflatorMemory(windowBits, memLevel);
}

/** A memory limit that leaves `left` bytes after a connection has reserved its windows. */
export function limitLeaving(
  left: number,
  agreement: Partial<DeflateParameters>,
  memLevel?: number,
): number {
  return left + (keepsAny(agreement) ? windowsMemory(15, memLevel) : 0);
}

const keepsAny = (agreement: Partial<DeflateParameters>): boolean =>
  agreement.sendContextTakeover === true || agreement.receiveContextTakeover === true;

/**
 * Creates the compression of one connection and reserves its windows as a handshake does.
 *
 * @throws If there is no memory for the windows: a handshake would not have agreed to keep any.
 */
export function deflateFor(
  settings: DeflateSettings = settingsFor(),
  agreement: Partial<DeflateParameters> = {},
): PerMessageDeflate {
  const { pool, windowBits, memLevel, maxMemory } = settings;
  const reserved = keepsAny(agreement) ? windowsMemory(windowBits, memLevel) : 0;
  if (reserved > 0 && !pool.reserve(reserved, maxMemory)) {
    throw new Error("there is no memory for windows");
  }
  return new PerMessageDeflate(settings, { ...noTakeover, ...agreement }, reserved);
}

/** A connection that compresses. Its masking keys differ from frame to frame. */
export function openCompressed(
  role: Role,
  deflate: PerMessageDeflate,
  options: Partial<ConnectionOptions> = {},
): Connection {
  let key = 0x37fa213d;
  const all: ConnectionOptions = {
    role,
    maxMessageSize: 1 << 20,
    maxFragments: 1000,
    drawMaskingKey: () => {
      key = (Math.imul(key, 1_664_525) + 1_013_904_223) | 0;
      return key;
    },
    ...options,
  };
  return new Connection(all, deflate);
}

/**
 * Compresses a message with the public interface of node:zlib and removes the tail `00 00 ff ff`
 * (RFC 7692 section 7.2.1).
 */
export function deflateMessage(data: Uint8Array, options: zlib.ZlibOptions = {}): Uint8Array {
  const flushed = zlib.deflateRawSync(data, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...options,
  });
  return new Uint8Array(flushed.subarray(0, -4));
}

export const tail = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/** Bytes that DEFLATE cannot make shorter. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = seed | 1; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}
