import * as crypto from "node:crypto";
import { expect, test } from "vitest";
import { readCertificates } from "../../src/options/read-certificate.ts";
import { makeAuthority } from "../certificates.ts";

test("reads certificates, keys and authorities, and names what it cannot read", async () => {
  const authority = await makeAuthority();
  const [a, b] = [
    await authority.issue({ commonName: "a" }),
    await authority.issue({ commonName: "b", passphrase: "secret phrase" }),
  ];
  const read = (certificates: Parameters<typeof readCertificates>[1]) => () =>
    readCertificates(crypto, certificates);
  const names = (certificate: typeof a) => new Map([["b.example", certificate]]);
  read({})();
  read({ ...a, ca: authority.ca, serverNames: names(a) })();
  read({ ...b, passphrase: "secret phrase" })();
  expect(read({ ...a, cert: "?" })).toThrow(/^tls\.cert cannot be read: ./);
  expect(read({ ...a, key: "?" })).toThrow(/^tls\.key cannot be read: ./);
  expect(read(b)).toThrow(/^tls\.key cannot be read: ./);
  expect(read({ ...b, passphrase: "another" })).toThrow(/^tls\.key cannot be read: ./);
  expect(read({ ca: "?" })).toThrow(/^tls\.ca cannot be read: ./);
  expect(read({ ...a, key: b.key, passphrase: "secret phrase" })).toThrow(
    "tls.key is not the key of tls.cert",
  );
  expect(read({ ...a, serverNames: names({ ...a, cert: "?" }) })).toThrow(
    /^tls\.serverNames\["b\.example"\]\.cert cannot be read: ./,
  );
});
