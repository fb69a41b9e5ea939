/** The message schedule. Its values matter within one call alone. */
const words = /* @__PURE__ */ new Int32Array(80);

/**
 * Computes SHA-1 (FIPS 180-4 section 6.1), which RFC 6455 needs for `Sec-WebSocket-Accept`. It is no
 * protection there: an endpoint shows that it understands WebSocket.
 *
 * @param message - Borrowed, not modified. At most 2^29 - 1 bytes.
 * @returns 20 new bytes.
 */
export function sha1(message: Uint8Array): Uint8Array {
  const { length } = message;
  // A byte 0x80 and the length in bits, as 64 bits, follow the message. The rest of the last block
  // is zeros.
  const padded = new Uint8Array(((length + 72) >> 6) << 6);
  padded.set(message);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, length * 8);
  const hash = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getInt32(block + t * 4);
    for (let t = 16; t < 80; t++) {
      words[t] = rotate(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
    }
    mixBlock(hash);
  }
  for (let i = 0; i < 5; i++) view.setInt32(i * 4, hash[i]);
  return padded.slice(0, 20);
}

function mixBlock(hash: Int32Array): void {
  let a = hash[0];
  let b = hash[1];
  let c = hash[2];
  let d = hash[3];
  let e = hash[4];
  for (let t = 0; t < 80; t++) {
    let mixed: number;
    if (t < 20) mixed = (((b & c) | (~b & d)) + 0x5a827999) | 0;
    else if (t < 40) mixed = ((b ^ c ^ d) + 0x6ed9eba1) | 0;
    else if (t < 60) mixed = (((b & c) | (b & d) | (c & d)) - 0x70e44324) | 0;
    else mixed = ((b ^ c ^ d) - 0x359d3e2a) | 0;
    const next = (((((rotate(a, 5) + mixed) | 0) + e) | 0) + words[t]) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
