import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { describe, expect, test } from "vitest";
import type { ListenAddress } from "../../src/server/listen-options.ts";
import { MemoryHosts } from "../../src/testing/memory-hosts.ts";

const address: ListenAddress = { port: 0, hostname: "", reusePort: false, unix: undefined };
const find = (hosts: MemoryHosts, url: string) => hosts.find(parseWebSocketUrl(url));

describe("MemoryHosts", () => {
  test("the default port is that of the protocol, and 0 is any that is free", () => {
    const hosts = new MemoryHosts();
    const ports = [
      hosts.listen(address, {}, false, () => {}),
      hosts.listen(address, {}, true, () => {}),
      hosts.listen(address, { port: 0 }, false, () => {}),
      hosts.listen(address, { port: 0 }, false, () => {}),
      hosts.listen(address, { port: 60_000 }, false, () => {}),
      hosts.listen(address, { port: 0 }, false, () => {}),
    ].map(({ port }) => port);
    expect(ports).toEqual([80, 443, 49_152, 49_153, 60_000, 49_154]);
  });

  test.each(["localhost", "127.0.0.1", "[::1]"])("%s is one machine with the others", (name) => {
    const hosts = new MemoryHosts();
    const listener = hosts.listen(address, { hostname: name }, false, () => {});
    for (const url of ["ws://localhost/", "ws://127.0.0.1/", "ws://[::1]/"])
      expect(find(hosts, url)).toBe(listener);
    expect(find(hosts, "ws://test/")).toBe(undefined);
    expect(find(hosts, "wss://localhost/")).toBe(undefined);
    hosts.stop(listener);
    expect(find(hosts, "ws://localhost/")).toBe(undefined);
  });

  test("an address in use is refused, until it is free", () => {
    const hosts = new MemoryHosts();
    const unix = { ...address, unix: "/a.sock" };
    const listener = hosts.listen(unix, {}, false, () => {});
    expect(() => hosts.listen(unix, {}, false, () => {})).toThrow("address already in use");
    expect(find(hosts, "ws+unix:/a.sock:/")).toBe(listener);
    hosts.stop(listener);
    hosts.listen(unix, {}, false, () => {});
  });
});
