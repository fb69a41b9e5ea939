import process from "node:process";
import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { afterEach, describe, expect, test } from "vitest";
import type { TransportTarget } from "../../../src/client/open-transport.ts";
import { proxyOpener } from "../../../src/client/proxy/proxy-opener.ts";
import { checkProxy, type ProxySettings } from "../../../src/client/proxy/proxy-options.ts";

const names = [
  ...["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"],
  ...["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY"],
];
const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));

function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of names) {
    const value = variables[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

afterEach(() => setEnvironment(before));

/** Returns the URLs that are opened for a URL, or what opening rejects with. */
async function opened(option: unknown, text: string): Promise<string[] | Error> {
  const url = parseWebSocketUrl(text);
  const targets: TransportTarget[] = [];
  const open = (target: TransportTarget) => {
    targets.push(target);
    return Promise.reject(new Error("refused"));
  };
  const settings = checkProxy(option, url.socketPath, false) as ProxySettings;
  const access = { open, lookup: undefined, timeLeft: () => 9_000, tlsModules: undefined };
  const opener = proxyOpener(settings, url, access);
  if (opener === undefined) return [];
  const progress = { signal: new AbortController().signal, reached() {}, opened() {} };
  const target = {
    url,
    host: url.hostname,
    localAddress: "127.0.0.9",
    tls: settings.tls,
  };
  const error = await opener(target, progress).catch((reason) => reason);
  if (targets.length === 0) return error;
  expect(error.code).toBe("WS_ERR_PROXY_CONNECT_FAILED");
  expect(targets[0].localAddress).toBe("127.0.0.9");
  return targets.map(({ url: { secure, host }, host: address }) =>
    [secure ? "tls" : "tcp", host, address].join(" "),
  );
}

describe("proxyOpener", () => {
  test("connects to the proxy of the option", async () => {
    setEnvironment({ no_proxy: "*" });
    expect(await opened("http://p", "ws://a/")).toEqual(["tcp p:80 p"]);
    expect(await opened("https://p", "ws://a/")).toEqual(["tls p:443 p"]);
    expect(await opened("socks5h://[::1]", "ws://a/")).toEqual(["tcp [::1]:1080 ::1"]);
  });

  test("connects to the proxy of the environment, or needs none", async () => {
    setEnvironment({ ws_proxy: "p:1", no_proxy: "b" });
    expect(await opened("env", "ws://a/")).toEqual(["tcp p:1 p"]);
    expect(await opened({ url: "env" }, "ws://b/")).toEqual([]);
    expect(await opened("env", "wss://a/")).toEqual([]);
    expect(await opened("env", "ws+unix:/a")).toEqual([]);
    setEnvironment({});
    expect(await opened("env", "ws://a/")).toEqual([]);
  });

  test("an invalid variable rejects with its name and without its value", async () => {
    setEnvironment({ all_proxy: "socks4://u:secret@p" });
    const message =
      "option proxy: environment variable all_proxy has an invalid URL: it must start with http://, https://, socks5:// or socks5h://";
    const error = await opened("env", "ws://a/");
    expect(error).toMatchObject({
      code: "WS_ERR_PROXY_ENVIRONMENT",
      step: "proxy",
      message: `${message} (WS_ERR_PROXY_ENVIRONMENT)`,
    });
  });
});
