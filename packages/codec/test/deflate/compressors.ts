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
import { type DeflateSettings, PerMessageDeflate } from "../../src/deflate/permessage-deflate.ts";
import type { Role } from "../connection/drive.ts";

/** The compressors that all three runtimes have. */
export const compressors = zlibCompressors(zlib) as Compressors;

/** What was done with the real compressors that a `CountedCompressors` opened. */
export class CountedCompressors implements Compressors {
  readonly deflators: Deflator[] = [];
  readonly inflators: Inflator[] = [];
  /** Those of both kinds that are not closed. */
  readonly open = new Set<Deflator | Inflator>();
  deflated = 0;
  /** Lengths that `next` of all inflators returned. */
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

/** What a `DeflateSettings` may leave out here: `compressors` makes a pool of its own. */
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

/** What the peer of an endpoint has agreed on. */
export function mirrored(agreement: DeflateParameters): DeflateParameters {
  return {
    sendContextTakeover: agreement.receiveContextTakeover,
    sendWindowBits: agreement.receiveWindowBits,
    receiveContextTakeover: agreement.sendContextTakeover,
    receiveWindowBits: agreement.sendWindowBits,
  };
}

/** What the windows of both directions take up: what a handshake reserves before it agrees to keep any, in bytes. */
export function windowsMemory(windowBits = 15, memLevel = 8): number {
  return inflatorMemory(15) + deflatorMemory(windowBits, memLevel);
}

/** A limit that leaves so many bytes beside what is reserved for a connection with this agreement. */
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
 * One connection's compression, its windows reserved as a handshake does: where there is no room for
 * them, none would have agreed to keep any.
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
    rsv1Negotiated: true,
    drawMaskingKey: () => {
      key = (Math.imul(key, 1_664_525) + 1_013_904_223) | 0;
      return key;
    },
    ...options,
  };
  return new Connection(all, deflate);
}

/** What `00 00 ff ff` was taken off of (RFC 7692 section 7.2.1), by the public interface of node:zlib. */
export function deflateMessage(data: Uint8Array, options: zlib.ZlibOptions = {}): Uint8Array {
  const flushed = zlib.deflateRawSync(data, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...options,
  });
  return new Uint8Array(flushed.subarray(0, -4));
}

export const tail = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/** A row of bytes that DEFLATE can do nothing with. */
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
