/** An extension: its name and its parameters in order, each with its value if it has one. */
export type ReferenceExtension = [name: string, parameters: [string, string | undefined][]];

const separators = '()<>@,;:\\"/[]?={} \t';

/** RFC 2616 section 2.2: any CHAR except CTLs or separators. */
export function isTokenCharacter(character: string): boolean {
  const code = character.charCodeAt(0);
  return code > 31 && code < 127 && !separators.includes(character);
}

export function isTokenText(text: string): boolean {
  return text !== "" && [...text].every(isTokenCharacter);
}

class Malformed extends Error {}

/**
 * Reads `Sec-WebSocket-Extensions` character by character by the grammar of RFC 6455 section 9.1.
 * Its `#` rule, implied white space and quoted-string are those of RFC 2616 sections 2.1 and 2.2.
 *
 * @returns The extensions, or undefined if the header is malformed.
 */
export function readExtensionList(values: readonly string[]): ReferenceExtension[] | undefined {
  // Several header lines are one list (section 9.1), as if they were joined by commas.
  const reader = new Reader(values.join(","));
  try {
    const extensions = reader.readList();
    // "1#extension": "at least one element is present".
    return extensions.length > 0 ? extensions : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Reader {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  readList(): ReferenceExtension[] {
    const extensions: ReferenceExtension[] = [];
    do {
      this.skipBlanks();
      // "Null elements are allowed, but do not contribute to the count of elements present."
      if (!this.isAtEnd && this.character !== ",") extensions.push(this.readExtension());
    } while (this.skip(","));
    if (!this.isAtEnd) throw new Malformed();
    return extensions;
  }

  /** extension = extension-token *( ";" extension-param ) */
  private readExtension(): ReferenceExtension {
    const name = this.readToken();
    const parameters: [string, string | undefined][] = [];
    while (this.skip(";")) parameters.push(this.readParameter());
    return [name, parameters];
  }

  /** extension-param = token [ "=" (token | quoted-string) ] */
  private readParameter(): [string, string | undefined] {
    const name = this.readToken();
    if (!this.skip("=")) return [name, undefined];
    this.skipBlanks();
    const value = this.character === '"' ? this.readQuotedString() : this.readToken();
    // "the value after quoted-string unescaping MUST conform to the 'token' ABNF"
    if (!isTokenText(value)) throw new Malformed();
    this.skipBlanks();
    return [name, value];
  }

  private readToken(): string {
    this.skipBlanks();
    let token = "";
    while (!this.isAtEnd && isTokenCharacter(this.character)) token += this.take();
    if (token === "") throw new Malformed();
    this.skipBlanks();
    return token;
  }

  /** quoted-string = ( <"> *(qdtext | quoted-pair ) <"> ) */
  private readQuotedString(): string {
    let value = "";
    this.take();
    while (this.character !== '"') {
      if (this.isAtEnd) throw new Malformed();
      if (this.character === "\\") this.take();
      if (this.isAtEnd) throw new Malformed();
      value += this.take();
    }
    this.take();
    return value;
  }

  private skip(separator: string): boolean {
    this.skipBlanks();
    if (this.character !== separator) return false;
    this.position++;
    return true;
  }

  private skipBlanks(): void {
    while (this.character === " " || this.character === "\t") this.position++;
  }

  /** The character at the position, or "" at the end. */
  private get character(): string {
    return this.text.charAt(this.position);
  }

  private get isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  private take(): string {
    return this.text[this.position++];
  }
}
