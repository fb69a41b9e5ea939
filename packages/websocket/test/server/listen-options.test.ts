import type { ServeOptions } from "@framewright/websocket";
import { serveWith } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import { addressText, checkListenAddress } from "../../src/server/listen-options.ts";

const check = (options: object) => checkListenAddress(options as ServeOptions<never>);

describe("checkListenAddress", () => {
  test("has defaults", () => {
    expect(check({})).toEqual({ port: 0, hostname: "127.0.0.1", reusePort: false });
    expect(check({ port: 80, hostname: "::" })).toMatchObject({ port: 80, hostname: "::" });
  });

  test.each(["/run/a.sock", "a.sock", "\0name", "@name", `/${"a".repeat(106)}`])(
    "accepts %j",
    (unix) => {
      expect(check({ unix })).toEqual({ port: 0, hostname: "", reusePort: false, unix });
    },
  );

  const path = "option unix must be a path of at most 107 bytes, got ";
  test.each([
    [{ unix: "" }, `${path}""`],
    [{ unix: "\0" }, `${path}"\\u0000"`],
    [{ unix: "/a\0b" }, `${path}"/a\\u0000b"`],
    [{ unix: "\0a\0b" }, `${path}"\\u0000a\\u0000b"`],
    [{ unix: `/${"é".repeat(54)}` }, `${path}"/${"é".repeat(54)}"`],
    [{ unix: 5 }, `${path}5`],
    [{ unix: null }, `${path}null`],
    [{ unix: "/a", port: 0 }, "option unix cannot be combined with port"],
    [{ unix: "/a", hostname: "::" }, "option unix cannot be combined with hostname"],
    [{ unix: "/a", reusePort: false }, "option unix cannot be combined with reusePort"],
    [{ unix: "/a", tls: { cert: "", key: "" } }, "option unix cannot be combined with tls"],
  ])("refuses %j", (options, message) => {
    const error = {
      name: "TypeError",
      code: "WS_ERR_INVALID_OPTION",
      message: `${message} (WS_ERR_INVALID_OPTION)`,
    };
    expect(() => check(options)).toThrow(expect.objectContaining(error));
  });
});

test("error messages have the address", async () => {
  expect(addressText(check({ port: 80 }))).toBe("127.0.0.1 port 80");
  expect(addressText(check({ unix: "/a" }))).toBe("/a");
  expect(addressText(check({ unix: "\0a" }))).toBe("@a");
  const fail = () => Promise.reject(new Error("no"));
  await expect(serveWith({ unix: "/a" }, fail)).rejects.toMatchObject({
    code: "WS_ERR_LISTEN_FAILED",
    message: "cannot listen on /a: no (WS_ERR_LISTEN_FAILED)",
  });
});
