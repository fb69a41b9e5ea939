import { createHmac, timingSafeEqual } from "node:crypto";

/** Makes a token: the name, when it expires in milliseconds since 1970, and the signature of both. */
export function signToken(name: string, expires: number, secret: string): string {
  if (!/^[\w-]{1,64}$/.test(name)) throw new Error(`a name has 1 to 64 letters or digits: ${name}`);
  const signed = `${name}.${expires}`;
  return `${signed}.${signatureOf(signed, secret)}`;
}

/** Returns the name in a token; undefined if we did not sign it or it has expired. */
export function nameInToken(token: string, secret: string): string | undefined {
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, Math.max(end, 0));
  if (!isEqual(token.slice(end + 1), signatureOf(signed, secret))) return undefined;
  const [name, expires] = signed.split(".");
  return Number(expires) > Date.now() ? name : undefined;
}

/** Compares secrets in a time that does not tell where they differ. */
export function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function signatureOf(signed: string, secret: string): string {
  return createHmac("sha256", secret).update(signed).digest("base64url");
}
