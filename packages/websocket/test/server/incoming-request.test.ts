import { HttpHeaders, IncomingRequest } from "@framewright/websocket";
import { expect, test } from "vitest";

function request(target: string, ...headers: [string, string][]): IncomingRequest {
  const all = new HttpHeaders();
  for (const [name, value] of headers) all.append(name, value);
  return new IncomingRequest({ method: "GET", target, headers: all }, "192.0.2.1");
}

test("path and query", () => {
  expect([request("/a/b").path, request("/a/b").query]).toEqual(["/a/b", ""]);
  expect([request("/a?b=c?d").path, request("/a?b=c?d").query]).toEqual(["/a", "b=c?d"]);
  expect([request("/?").path, request("/?").query]).toEqual(["/", ""]);
});

test.each([
  ["example.com", "/a?b=c", "http://example.com/a?b=c"],
  ["example.com:8080", "/", "http://example.com:8080/"],
  ["[::1]:8080", "/", "http://[::1]:8080/"],
  ["EXAMPLE.com", "/a/../b", "http://example.com/b"],
  ["example.com", "//evil.example/x", "http://example.com//evil.example/x"],
  ["example.com", "/@evil.example", "http://example.com/@evil.example"],
  ["example.com:99999", "/x", "http://localhost/x"],
  ["a..%zz", "/x", "http://localhost/x"],
])("url: Host %s and target %s", (host, target, url) => {
  expect(request(target, ["Host", host]).url.href).toBe(url);
});

test("url over TLS", () => {
  const headers = new HttpHeaders();
  headers.append("host", "example.com");
  const secure = new IncomingRequest({ method: "GET", target: "/a?b=1", headers }, "", {
    isSecure: true,
  });
  expect([secure.url.href, secure.url.searchParams.get("b")]).toEqual([
    "https://example.com/a?b=1",
    "1",
  ]);
});

test("origin", () => {
  expect(request("/").origin).toBe("");
  expect(request("/", ["Origin", "http://a"]).origin).toBe("http://a");
});

test("cookies: several headers, extra blanks, property names of Object, repeated names", () => {
  const { cookies } = request(
    "/",
    ["Cookie", "a=1;b = two ; __proto__=3; =4; five"],
    ["Cookie", "a=9; c=x=y"],
  );
  expect([...cookies]).toEqual([
    ["a", "1"],
    ["b", "two"],
    ["__proto__", "3"],
    ["c", "x=y"],
  ]);
});
