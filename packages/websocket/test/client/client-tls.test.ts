import { connectWith } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import { type ClientTls, checkClientTls } from "../../src/client/client-tls.ts";

const pair = { cert: "C", key: "K" };
const check = (tls?: object | null) => checkClientTls(tls as ClientTls);

describe("checkClientTls", () => {
  test("has defaults, and copies the options", () => {
    const defaults = {
      ca: undefined,
      certificate: undefined,
      serverName: undefined,
      minVersion: "TLSv1.2",
      alpn: ["http/1.1"],
      rejectUnauthorized: true,
    };
    expect(check()).toEqual(defaults);
    expect(check({})).toEqual(defaults);
    const certificate = { ...pair, passphrase: "p" };
    const alpn = ["http/1.1", "x"];
    const rest = {
      ca: "A",
      serverName: "a.example",
      minVersion: "TLSv1.3",
      rejectUnauthorized: false,
    };
    const settings = check({ ...certificate, ...rest, alpn });
    expect(settings).toEqual({ certificate, ...rest, alpn });
    expect(settings.alpn).not.toBe(alpn);
    expect(check(pair).certificate).toEqual(pair);
  });

  const serverName = "option tls.serverName must be a host name in ASCII, got ";
  test.each([
    [null, "option tls must be an object, got null"],
    [{ ca: 5 }, "option tls.ca must be the text of a PEM file"],
    [{ cert: "C" }, "option tls.cert and tls.key must be the text of PEM files"],
    [{ key: "K" }, "option tls.cert and tls.key must be the text of PEM files"],
    [{ ...pair, passphrase: 5 }, "option tls.passphrase must be a string"],
    [{ passphrase: "p" }, "option tls.passphrase needs tls.key"],
    [{ serverName: "" }, `${serverName}""`],
    [{ serverName: "127.0.0.1" }, `${serverName}"127.0.0.1"`],
    [{ serverName: "::1" }, `${serverName}"::1"`],
    [{ serverName: "*.a" }, `${serverName}"*.a"`],
    [{ serverName: 5 }, `${serverName}5`],
    [{ minVersion: "1.2" }, 'option tls.minVersion must be "TLSv1.2" or "TLSv1.3", got "1.2"'],
    [{ rejectUnauthorized: 0 }, "option tls.rejectUnauthorized must be a boolean, got 0"],
    [{ alpn: ["é"] }, 'option tls.alpn must be a list of protocol names, got "[\\"é\\"]"'],
    [{ alpn: "h2" }, 'option tls.alpn must be a list of protocol names, got "\\"h2\\""'],
    [
      { servername: "a" },
      'option tls has no "servername", only ca, cert, key, passphrase, serverName, minVersion, alpn and rejectUnauthorized; did you mean serverName?',
    ],
  ])("refuses %j", async (tls, message) => {
    const error = {
      name: "TypeError",
      code: "WS_ERR_INVALID_OPTION",
      message: `${message} (WS_ERR_INVALID_OPTION)`,
    };
    expect(() => check(tls)).toThrow(expect.objectContaining(error));
    const never = () => Promise.reject(new Error("must not be called"));
    const options = { tls: tls as ClientTls };
    await expect(connectWith("wss://a/", options, never)).rejects.toMatchObject(error);
  });
});
