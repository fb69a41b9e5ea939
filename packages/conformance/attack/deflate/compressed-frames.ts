import { deflated } from "../../src/deflate-bytes.ts";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import type { AttackingPeer } from "../instrument/attacking-peer.ts";
import type { Scene } from "../instrument/scene.ts";

export const write = new FrameWriter("client");
/** RSV1 marks a compressed message (RFC 7692 section 6). */
const rsv1 = 4;

export const offer =
  "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover";
export const offerOfWindows = "Sec-WebSocket-Extensions: permessage-deflate";

/** Returns a compressed message, or its first fragment. */
export function compressed(payload: Uint8Array, fin = true, opcode: number = opcodes.binary) {
  return write.frame({ opcode, rsv: rsv1, fin, payload });
}

/** Returns a message that decompresses to this many zeros, about a thousandth of it long. */
export function bomb(length: number): Uint8Array {
  return deflated(new Uint8Array(length));
}

/** Opens a connection with compression. */
export function openCompressed(scene: Scene, line = offer): Promise<AttackingPeer> {
  return scene.open({}, line);
}
