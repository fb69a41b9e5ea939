import { expect, test } from "vitest";
import { type VerifiedSocket, verifiedCertificate } from "../../src/transport/peer-certificate.ts";

const raw = Buffer.from([1, 2, 3]);
const fingerprint256 = "AA:BB";
const subject = { CN: "alice", OU: ["a", "b"] };

function socketWith(
  certificate: ReturnType<VerifiedSocket["getPeerCertificate"]>,
  authorized = true,
): VerifiedSocket {
  return { authorized, getPeerCertificate: () => certificate };
}

test("copies a verified certificate", () => {
  const certificate = verifiedCertificate(socketWith({ subject, fingerprint256, raw }), true);
  expect(certificate).toEqual({
    commonName: "alice",
    subject,
    fingerprint256,
    raw: new Uint8Array([1, 2, 3]),
  });
  raw[0] = 9;
  expect(certificate).toMatchObject({ raw: new Uint8Array([1, 2, 3]) });
});

test("several common names are none", () => {
  const several = { subject: { CN: ["alice", "bob"] }, fingerprint256, raw };
  expect(verifiedCertificate(socketWith(several), true)).toMatchObject({ commonName: undefined });
  const none = { fingerprint256, raw };
  expect(verifiedCertificate(socketWith(none), true)).toMatchObject({ commonName: undefined });
});

test("a client without a certificate is refused only if it must have one", () => {
  for (const none of [null, undefined, {}]) {
    expect(verifiedCertificate(socketWith(none), true)).toBe(false);
    expect(verifiedCertificate(socketWith(none), false)).toBe(undefined);
  }
});

test("one that is not verified, not trusted or not readable is refused in any case", () => {
  for (const isRequired of [true, false]) {
    const certificate = { subject, fingerprint256, raw };
    expect(verifiedCertificate(socketWith(certificate, false), isRequired)).toBe(false);
    expect(verifiedCertificate(socketWith(certificate), isRequired, () => false)).toBe(false);
    const broken = {
      authorized: true,
      getPeerCertificate: () => {
        throw new Error("cannot parse");
      },
    };
    expect(verifiedCertificate(broken, isRequired)).toBe(false);
  }
});
