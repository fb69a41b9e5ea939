/** Number of characters that tell a message from the others of its connection, if it is so long. */
const numberLength = 8;

/** Makes messages of one length, each different from those before. */
export class Payloads {
  private readonly filler: string;
  private readonly isBinary: boolean;
  private count = 0;

  /** @param size - Length of each message in bytes. */
  constructor(size: number, isBinary: boolean) {
    this.filler = "framewright ".repeat(Math.ceil(size / 12)).slice(0, size);
    this.isBinary = isBinary;
  }

  next(): string | Uint8Array {
    const number = (this.count++).toString(36).padStart(numberLength, "0");
    const text = `${number.slice(-numberLength)}${this.filler.slice(numberLength)}`;
    const sized = text.slice(0, this.filler.length);
    return this.isBinary ? Buffer.from(sized, "latin1") : sized;
  }
}

/** Whether a message came back as it was sent. */
export function isSame(sent: string | Uint8Array, received: string | Uint8Array): boolean {
  if (typeof sent === "string" || typeof received === "string") return sent === received;
  return Buffer.compare(sent, received) === 0;
}
