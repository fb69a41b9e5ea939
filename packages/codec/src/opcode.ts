/** Frame opcodes (RFC 6455 section 5.2). Every other value is reserved. */
export const Opcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/**
 * Tells whether an opcode belongs to a control frame: its most significant bit is 1 (RFC 6455
 * section 5.5).
 *
 * @param opcode - 0 to 15, including reserved opcodes.
 */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}
