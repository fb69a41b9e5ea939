import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clientOptions, webSocketUrl } from "../src/client-options.ts";

test.each([
  ["localhost:8080", "ws://localhost:8080"],
  ["example.com/feed?x=1", "ws://example.com/feed?x=1"],
  ["https://example.com/", "wss://example.com/"],
  ["HTTP://example.com/", "ws://example.com/"],
  ["wss://example.com", "wss://example.com"],
  ["ws+unix:/run/x.sock:/", "ws+unix:/run/x.sock:/"],
  ["ftp://example.com", "ftp://example.com"],
])("%s is %s", (text, url) => {
  expect(webSocketUrl(text)).toBe(url);
});

test("options of connect are made of those of the command line", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "framewright-cli-")), "file.pem");
  writeFileSync(file, "PEM");
  const options = await clientOptions({
    header: ["X-One: a: b", "X-Two:c"],
    origin: "https://example.com",
    auth: "user:pässword",
    subprotocol: ["chat"],
    ...{ ca: file, cert: file, key: file, servername: "name", insecure: true },
    ...{ timeout: 5, maxMessageSize: 6, compression: true, redirects: 2, proxy: "env" },
  });
  expect(options).toEqual({
    headers: [
      ["X-One", "a: b"],
      ["X-Two", "c"],
      ["Origin", "https://example.com"],
      ["Authorization", "Basic dXNlcjpww6Rzc3dvcmQ="],
    ],
    subprotocols: ["chat"],
    tls: { ca: "PEM", cert: "PEM", key: "PEM", serverName: "name", rejectUnauthorized: false },
    ...{ handshakeTimeout: 5, maxMessageSize: 6, compression: true, redirects: 2 },
    ...{ proxy: "env", http2: false },
  });
});

test("a malformed header and a missing file are errors that name them", async () => {
  await expect(clientOptions({ header: ["no colon"] })).rejects.toMatchObject({
    code: "WS_ERR_CLI_USAGE",
    message: '--header must be "name: value", got "no colon" (WS_ERR_CLI_USAGE)',
  });
  await expect(clientOptions({ ca: "/nowhere/ca.pem" })).rejects.toMatchObject({
    code: "WS_ERR_CLI_FILE",
    message: "cannot read /nowhere/ca.pem: ENOENT (WS_ERR_CLI_FILE)",
  });
});
