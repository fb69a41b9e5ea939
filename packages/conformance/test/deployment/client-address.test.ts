import { HttpHeaders, IncomingRequest } from "@framewright/websocket";
import { expect, test } from "vitest";
import { clientAddress } from "../../../../examples/deployment/client-address.ts";

const proxies = ["10.0.0.1", "10.0.0.2"];

function addressOf(remoteAddress: string, ...forwarded: string[]): string {
  const headers = new HttpHeaders();
  for (const value of forwarded) headers.append("X-Forwarded-For", value);
  const request = new IncomingRequest({ method: "GET", target: "/", headers }, remoteAddress);
  return clientAddress(request, proxies);
}

test("without a proxy, the header is not trusted", () => {
  expect(addressOf("192.0.2.7")).toBe("192.0.2.7");
  expect(addressOf("192.0.2.7", "203.0.113.9")).toBe("192.0.2.7");
});

test("behind a proxy, the entry that it added", () => {
  expect(addressOf("10.0.0.1", "192.0.2.7")).toBe("192.0.2.7");
  expect(addressOf("10.0.0.1", "203.0.113.9, 192.0.2.7")).toBe("192.0.2.7");
  expect(addressOf("10.0.0.1", "203.0.113.9", "192.0.2.7")).toBe("192.0.2.7");
  expect(addressOf("10.0.0.1", "10.0.0.2, 192.0.2.7")).toBe("192.0.2.7");
});

test("behind several proxies, the entry that the outermost added", () => {
  expect(addressOf("10.0.0.1", "203.0.113.9,192.0.2.7 ,10.0.0.2")).toBe("192.0.2.7");
});

test("a proxy that adds no entry is the client", () => {
  expect(addressOf("10.0.0.1")).toBe("10.0.0.1");
  expect(addressOf("10.0.0.1", "10.0.0.2")).toBe("10.0.0.2");
  expect(addressOf("10.0.0.1", "192.0.2.7, ")).toBe("10.0.0.1");
});
