import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { type DecoderOptions, FrameDecoder } from "../frame/decoder.ts";
import { MessageAssembler } from "../message/message-assembler.ts";
import type { MessageOptions } from "../message/message-options.ts";
import type { MessageSlab } from "../message/message-slab.ts";

type Options = DecoderOptions & MessageOptions;

/**
 * Shares assemblers and their decoders among the connections with the same options.
 *
 * A connection needs them only while it has unread bytes or part of a frame or message. Most of
 * many connections are idle, so one or two assemblers serve them all.
 */
export class AssemblerPool {
  private readonly options: Options;
  private spare: MessageAssembler | undefined = undefined;

  /** @param options - Retained, not modified. */
  constructor(options: Options) {
    this.options = options;
  }

  /**
   * Takes the spare assembler, or makes one.
   *
   * @param deflate - The connection's permessage-deflate, if any. Retained until `release`.
   * @param slab - The slab for the connection's messages, if any. Retained until `release`.
   */
  acquire(deflate: PerMessageDeflate | undefined, slab?: MessageSlab): MessageAssembler {
    const assembler =
      this.spare ?? new MessageAssembler(new FrameDecoder(this.options), this.options);
    this.spare = undefined;
    assembler.attach(deflate, slab);
    return assembler;
  }

  /**
   * Returns an assembler to the pool.
   *
   * @param assembler - Between messages, with an idle decoder. The caller must not use it again.
   */
  release(assembler: MessageAssembler): void {
    assembler.detach();
    this.spare = assembler;
  }
}

const pools = /* @__PURE__ */ new WeakMap<Options, AssemblerPool>();

/** Returns the pool of all connections that share these options. */
export function assemblerPoolFor(options: Options): AssemblerPool {
  let pool = pools.get(options);
  if (pool === undefined) {
    pool = new AssemblerPool(options);
    pools.set(options, pool);
  }
  return pool;
}
