import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { makeAuthority } from "../../websocket/test/certificates.ts";
import { SessionTrust } from "../src/session-trust.ts";

// packages/conformance/test/tls/sessions.test.ts tests it with clients that resume sessions.
const full = { isSessionReused: () => false } as TLSSocket;
const resumed = { isSessionReused: () => true } as TLSSocket;

async function makeClient(name: string) {
  const authority = await makeAuthority(name);
  const { cert } = await authority.issue({ commonName: "client" });
  const { raw, fingerprint256 } = new X509Certificate(cert);
  const certificate = { commonName: "client", subject: {}, raw, fingerprint256 };
  return { ca: authority.ca, certificate };
}

test("a resumed session needs a certificate that this server has verified, or that its authority signed", async () => {
  const a = await makeClient("a");
  const b = await makeClient("b");
  const trust = new SessionTrust(a.ca);
  expect(trust.isTrusted(resumed, a.certificate, a.ca)).toBe(true);
  expect(trust.isTrusted(resumed, b.certificate, a.ca)).toBe(false);
  // As if an intermediate authority of `a` had signed it: only the runtime can verify that.
  expect(trust.isTrusted(full, b.certificate, a.ca)).toBe(true);
  expect(trust.isTrusted(resumed, b.certificate, a.ca)).toBe(true);
  // After a change of the authorities, what the earlier ones verified does not count.
  expect(trust.isTrusted(full, b.certificate, `\n${a.ca}`)).toBe(true);
  expect(trust.isTrusted(resumed, b.certificate, `\n${a.ca}`)).toBe(false);
  expect(trust.isTrusted(resumed, a.certificate, b.ca)).toBe(false);
  expect(trust.isTrusted(resumed, a.certificate, `${b.ca}\n${a.ca}`)).toBe(true);
});

test("an authority of the same name with another key has not signed it", async () => {
  const [a, b] = [await makeClient("same"), await makeClient("same")];
  expect(new SessionTrust(a.ca).isTrusted(resumed, b.certificate, a.ca)).toBe(false);
});

test("remembers a bounded number of certificates", async () => {
  const { ca, certificate } = await makeClient("a");
  const other = await makeClient("b");
  const trust = new SessionTrust(other.ca);
  for (let i = 0; i < 10_000; i++) {
    trust.isTrusted(full, { ...certificate, fingerprint256: `${i}` }, other.ca);
  }
  const first = { ...certificate, fingerprint256: "0" };
  expect(trust.isTrusted(resumed, first, other.ca)).toBe(true);
  trust.isTrusted(full, certificate, other.ca);
  expect(trust.isTrusted(resumed, first, other.ca)).toBe(false);
  expect(trust.isTrusted(resumed, certificate, other.ca)).toBe(true);
  expect(ca).not.toBe(other.ca);
});
