import { CliError } from "../errors.ts";

/** A packet of a capture. */
export interface Packet {
  /** In seconds; NaN if the file does not tell. */
  readonly time: number;
  /** The type of the link layer's header, as https://www.tcpdump.org/linktypes.html lists them. */
  readonly linkType: number;
  /** A view of the file. */
  readonly bytes: Uint8Array;
}

const pcapMagics: Readonly<Record<number, readonly [isLittle: boolean, perSecond: number]>> = {
  2712847316: [false, 1e6],
  3569595041: [true, 1e6],
  2712812621: [false, 1e9],
  1295823521: [true, 1e9],
};
const pcapngMagic = 0x0a0d0d0a;

/** Whether bytes start a capture in the format pcap or pcapng. */
export function isCapture(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return magic === pcapngMagic || pcapMagics[magic] !== undefined;
}

/**
 * Reads the packets of a capture. A packet that the end of the file cuts off is left out.
 *
 * @param bytes - The whole file. The packets are views of it.
 * @throws CliError if the file has another format.
 */
export function* packetsOf(bytes: Uint8Array): Generator<Packet> {
  if (!isCapture(bytes)) throw invalid("it starts like neither pcap nor pcapng");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) === pcapngMagic) yield* pcapngPackets(bytes, view);
  else yield* pcapPackets(bytes, view);
}

function* pcapPackets(bytes: Uint8Array, view: DataView): Generator<Packet> {
  const [isLittle, perSecond] = pcapMagics[view.getUint32(0)];
  if (bytes.length < 24) throw invalid("its header is cut off");
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  for (let at = 24; at + 16 <= bytes.length; ) {
    const time = view.getUint32(at, isLittle) + view.getUint32(at + 4, isLittle) / perSecond;
    const length = view.getUint32(at + 8, isLittle);
    const end = at + 16 + length;
    if (end > bytes.length) return;
    yield { time, linkType, bytes: bytes.subarray(at + 16, end) };
    at = end;
  }
}

/** What a section of a pcapng file says about an interface. */
interface Interface {
  readonly linkType: number;
  /** Units of a time stamp in a second. */
  readonly perSecond: number;
}

const blockTypes = { interface: 1, simplePacket: 3, enhancedPacket: 6 };

function* pcapngPackets(bytes: Uint8Array, view: DataView): Generator<Packet> {
  let isLittle = false;
  let interfaces: Interface[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    if (view.getUint32(at) === pcapngMagic) {
      isLittle = view.getUint32(at + 8) === 0x4d3c2b1a;
      if (view.getUint32(at + 8, isLittle) !== 0x1a2b3c4d)
        throw invalid("a section has no byte order");
      interfaces = [];
    }
    const type = view.getUint32(at, isLittle);
    const length = view.getUint32(at + 4, isLittle);
    if (length < 12 || length % 4 !== 0) throw invalid(`a block has the length ${length}`);
    if (at + length > bytes.length) return;
    const block = { view, bytes, at: at + 8, end: at + length - 4, isLittle };
    if (type === blockTypes.interface) interfaces.push(readInterface(block));
    const packet =
      type === blockTypes.enhancedPacket
        ? enhancedPacket(block, interfaces)
        : type === blockTypes.simplePacket
          ? simplePacket(block, interfaces)
          : undefined;
    if (packet !== undefined) yield packet;
    at += length;
  }
}

/** The body of a block of a pcapng file. */
interface Block {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  readonly isLittle: boolean;
}

function readInterface({ view, at, end, isLittle }: Block): Interface {
  if (end - at < 8) throw invalid("an interface's description is cut off");
  const linkType = view.getUint16(at, isLittle);
  let perSecond = 1e6;
  for (let option = at + 8; option + 4 <= end; ) {
    const code = view.getUint16(option, isLittle);
    const length = view.getUint16(option + 2, isLittle);
    // if_tsresol: a power of 10, or of 2 if its first bit is set.
    if (code === 9 && length === 1 && option + 5 <= end) {
      const value = view.getUint8(option + 4);
      perSecond = value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value;
    }
    if (code === 0) break;
    option += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType, perSecond };
}

function enhancedPacket(block: Block, interfaces: readonly Interface[]): Packet | undefined {
  const { view, bytes, at, end, isLittle } = block;
  if (end - at < 20) return undefined;
  const source = interfaces[view.getUint32(at, isLittle)];
  const units = view.getUint32(at + 4, isLittle) * 2 ** 32 + view.getUint32(at + 8, isLittle);
  const start = at + 20;
  const length = view.getUint32(at + 12, isLittle);
  if (source === undefined || length > end - start) return undefined;
  const { linkType, perSecond } = source;
  return { time: units / perSecond, linkType, bytes: bytes.subarray(start, start + length) };
}

function simplePacket(block: Block, interfaces: readonly Interface[]): Packet | undefined {
  const { view, bytes, at, end, isLittle } = block;
  if (interfaces.length === 0 || end - at < 4) return undefined;
  const length = Math.min(view.getUint32(at, isLittle), end - at - 4);
  const { linkType } = interfaces[0];
  return { time: Number.NaN, linkType, bytes: bytes.subarray(at + 4, at + 4 + length) };
}

function invalid(why: string): CliError {
  return new CliError("WS_ERR_CLI_CAPTURE", `the capture cannot be read: ${why}`);
}
