import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { type DecoderOptions, FrameDecoder } from "../frame/decoder.ts";
import { MessageAssembler, type MessageOptions } from "../message/message-assembler.ts";
import type { MessageSlab } from "../message/message-slab.ts";

type Options = DecoderOptions & MessageOptions;

/**
 * Lends what a connection needs only while it looks at received bytes, or has part of a frame or message: of many
 * connections with the same options most are idle, and one or two sets of it serve them all.
 */
export class AssemblerPool {
  private readonly options: Options;
  private spare: MessageAssembler | undefined = undefined;

  /** @param options - Retained, not modified. */
  constructor(options: Options) {
    this.options = options;
  }

  /**
   * @param deflate - What the connection has negotiated. Retained until `give`.
   * @param slab - Memory for the connection's messages. Retained until `give`.
   */
  acquire(deflate: PerMessageDeflate | undefined, slab?: MessageSlab): MessageAssembler {
    const assembler =
      this.spare ?? new MessageAssembler(new FrameDecoder(this.options), this.options);
    this.spare = undefined;
    assembler.deflate = deflate;
    assembler.memory.slab = slab;
    return assembler;
  }

  /** @param assembler - Between messages, with an idle decoder; not to be used any more. */
  release(assembler: MessageAssembler): void {
    assembler.deflate = undefined;
    assembler.memory.slab = undefined;
    this.spare = assembler;
  }
}

const pools = new WeakMap<Options, AssemblerPool>();

/** The pool of all connections that share these options. */
export function assemblerPoolFor(options: Options): AssemblerPool {
  let pool = pools.get(options);
  if (pool === undefined) {
    pool = new AssemblerPool(options);
    pools.set(options, pool);
  }
  return pool;
}
