import { refuse, type ServeOptions } from "@framewright/websocket";
import { connectWith, serveWith } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";

const never = () => Promise.reject(new Error("must not be called"));

describe("an invalid option is named with its value, before anything is opened", () => {
  const cases: [Partial<Record<keyof ServeOptions, unknown>>, string, string][] = [
    [{ port: 65_536 }, "RangeError", "option port must be an integer from 0 to 65535, got 65536"],
    [{ port: 1.5 }, "RangeError", "option port must be an integer from 0 to 65535, got 1.5"],
    [{ port: "80" }, "TypeError", 'option port must be a number, got "80"'],
    [{ reusePort: 1 }, "TypeError", "option reusePort must be a boolean, got 1"],
    [{ hostname: "" }, "TypeError", 'option hostname must be a name, got ""'],
    [
      { maxMessageSize: -1 },
      "RangeError",
      "option maxMessageSize must be an integer from 0 to 4294967296, got -1",
    ],
    [
      { maxMessageSize: Number.NaN },
      "RangeError",
      "option maxMessageSize must be an integer from 0 to 4294967296, got NaN",
    ],
    [
      { maxFragments: 0 },
      "RangeError",
      "option maxFragments must be an integer from 1 to 4294967296, got 0",
    ],
    [
      { maxFramesPerTurn: 0 },
      "RangeError",
      "option maxFramesPerTurn must be an integer from 1 to 1073741824, got 0",
    ],
    [
      { maxBytesPerTurn: 2 ** 31 },
      "RangeError",
      "option maxBytesPerTurn must be an integer from 1 to 1073741824, got 2147483648",
    ],
    [
      { compression: { maxBytesPerTurn: 0 } },
      "RangeError",
      "option compression.maxBytesPerTurn must be an integer from 1 to 1073741824, got 0",
    ],
    [{ maxReceiveMemory: "1" }, "TypeError", 'option maxReceiveMemory must be a number, got "1"'],
    [
      { closeTimeout: Number.POSITIVE_INFINITY },
      "RangeError",
      "option closeTimeout must be an integer from 0 to 2147483647, got Infinity",
    ],
    [{ handshakeTimeout: "1s" }, "TypeError", 'option handshakeTimeout must be a number, got "1s"'],
    [{ heartbeat: true }, "TypeError", "option heartbeat must be an object or false, got true"],
    [
      { heartbeat: { interval: 0 } },
      "RangeError",
      "option heartbeat.interval must be an integer from 1 to 2147483647, got 0",
    ],
    [
      { heartbeat: { timeout: "1s" } },
      "TypeError",
      'option heartbeat.timeout must be a number, got "1s"',
    ],
    [
      { heartbeat: { period: 5 } },
      "TypeError",
      'option heartbeat has no "period", only interval and timeout',
    ],
    [
      { idleTimeout: 0 },
      "RangeError",
      "option idleTimeout must be an integer from 1 to 2147483647, got 0",
    ],
    [
      { maxLifetime: 0.5 },
      "RangeError",
      "option maxLifetime must be an integer from 1 to 2147483647, got 0.5",
    ],
    [
      { maxBufferedAmount: -1 },
      "RangeError",
      "option maxBufferedAmount must be an integer from 0 to 9007199254740991, got -1",
    ],
    [
      { whenFull: "wait" },
      "TypeError",
      'option whenFull must be "terminate" or "drop", got "wait"',
    ],
    [{ highWaterMark: "1" }, "TypeError", 'option highWaterMark must be a number, got "1"'],
    [
      { highWaterMark: 100, lowWaterMark: 101 },
      "RangeError",
      "option lowWaterMark must be an integer from 0 to 100, got 101",
    ],
    [
      { origins: "some" },
      "TypeError",
      'option origins must be "any", "same", a list or a function, got "some"',
    ],
    [
      { origins: ["https://a.example/"] },
      "TypeError",
      'option origins must be origins such as "https://example.com", got "https://a.example/"',
    ],
    [
      { origins: ["example.com"] },
      "TypeError",
      'option origins must be origins such as "https://example.com", got "example.com"',
    ],
    [
      { maxConnections: -1 },
      "RangeError",
      "option maxConnections must be an integer from 0 to 9007199254740991, got -1",
    ],
    [
      { maxPendingHandshakes: 0 },
      "RangeError",
      "option maxPendingHandshakes must be an integer from 1 to 9007199254740991, got 0",
    ],
    [
      { maxTotalBufferedAmount: 0 },
      "RangeError",
      "option maxTotalBufferedAmount must be an integer from 1 to 9007199254740991, got 0",
    ],
    [
      { maxTopicsPerSocket: "1" },
      "TypeError",
      'option maxTopicsPerSocket must be a number, got "1"',
    ],
    [{ messageRate: 5 }, "TypeError", "option messageRate must be an object, got 5"],
    [
      { messageRate: { burst: 5 } },
      "TypeError",
      "option messageRate.perSecond must be a number, got undefined",
    ],
    [
      { messageRate: { perSecond: 0 } },
      "RangeError",
      "option messageRate.perSecond must be an integer from 1 to 1000000, got 0",
    ],
    [
      { messageRate: { perSecond: 1, burst: 0 } },
      "RangeError",
      "option messageRate.burst must be an integer from 1 to 1073741824, got 0",
    ],
    [
      { messageRate: { perSecond: 1, exceeded: "drop" } },
      "TypeError",
      'option messageRate.exceeded must be "pause" or "close", got "drop"',
    ],
    [
      { messageRate: { perSecond: 1, per: 1 } },
      "TypeError",
      'option messageRate has no "per", only perSecond, burst and exceeded',
    ],
    [{ refused: 1 }, "TypeError", "option refused must be a function, got 1"],
    [{ dropped: 1 }, "TypeError", "option dropped must be a function, got 1"],
    [{ message: "echo" }, "TypeError", 'option message must be a function, got "echo"'],
    [{ accept: 1 }, "TypeError", "option accept must be a function, got 1"],
    [{ subprotocols: ["a b"] }, "TypeError", 'subprotocol "a b" is not a token'],
    [{ subprotocols: ["a", "a"] }, "TypeError", 'subprotocol "a" is listed twice'],
    [
      { borrowedMessages: 1, message() {} },
      "TypeError",
      "option borrowedMessages must be a boolean, got 1",
    ],
    [{ borrowedMessages: true }, "TypeError", "borrowedMessages needs a message handler"],
    [
      { hartbeat: false } as object,
      "TypeError",
      "there is no option hartbeat; did you mean heartbeat?",
    ],
    [
      { maxmesageSize: 1 } as object,
      "TypeError",
      "there is no option maxmesageSize; did you mean maxMessageSize?",
    ],
    [{ perMessageDeflate: true } as object, "TypeError", "there is no option perMessageDeflate"],
    [
      { ["x".repeat(100_000)]: 1 } as object,
      "TypeError",
      `there is no option ${"x".repeat(100_000)}`,
    ],
    [
      { compression: { size: 5 } },
      "TypeError",
      'option compression has no "size", only threshold, level, memLevel, contextTakeover, windowBits, maxMemory, maxBytesPerTurn and strict',
    ],
  ];
  test.each(cases)("serve %j", async (options, name, message) => {
    const serving = serveWith(options as ServeOptions, never);
    await expect(serving).rejects.toMatchObject({
      name,
      message: `${message} (WS_ERR_INVALID_OPTION)`,
      code: "WS_ERR_INVALID_OPTION",
    });
  });

  const clientCases: [object, string][] = [
    [{ headers: { "bad name": "x" } }, 'invalid header name "bad name"'],
    [{ headers: { "X-A": "x\r\nEvil: 1" } }, 'invalid value for header X-A: "x\\r\\nEvil: 1"'],
    [{ header: {} }, "there is no option header; did you mean headers?"],
    [{ headers: { Host: "x" } }, "header Host is set by the library"],
    [{ signal: 5 }, "option signal must be an AbortSignal, got 5"],
    [{ handshakeTimeout: "5" }, 'option handshakeTimeout must be a number or an object, got "5"'],
    [{ handshakeTimeout: null }, "option handshakeTimeout must be a number or an object, got null"],
    [
      { handshakeTimeout: -1 },
      "option handshakeTimeout must be an integer from 0 to 2147483647, got -1",
    ],
    [
      { handshakeTimeout: { tls: 0.5 } },
      "option handshakeTimeout.tls must be an integer from 0 to 2147483647, got 0.5",
    ],
    [
      { handshakeTimeout: { total: "1" } },
      'option handshakeTimeout.total must be a number, got "1"',
    ],
    [
      { handshakeTimeout: { dns: 5 } },
      'option handshakeTimeout has no "dns", only total, lookup, connect, proxy, tls and response',
    ],
    [{ redirects: true }, "option redirects must be a number or an object, got true"],
    [{ redirects: 101 }, "option redirects must be an integer from 0 to 100, got 101"],
    [{ redirects: {} }, "option redirects.max must be a number, got undefined"],
    [{ redirects: { max: -1 } }, "option redirects.max must be an integer from 0 to 100, got -1"],
    [
      { redirects: { max: 1, headers: {} } },
      "option redirects.headers must be a function, got [object Object]",
    ],
    [{ redirects: { count: 1 } }, 'option redirects has no "count", only max and headers'],
    [{ lookup: "1.1.1.1" }, 'option lookup must be a function, got "1.1.1.1"'],
    [{ family: 5 }, "option family must be 0, 4 or 6, got 5"],
    [{ family: "4" }, 'option family must be 0, 4 or 6, got "4"'],
    [{ localAddress: "localhost" }, 'option localAddress must be an IP address, got "localhost"'],
    [{ tls: { rejectUnauthorized: 0 } }, "option tls.rejectUnauthorized must be a boolean, got 0"],
  ];
  test.each(clientCases)("connect %j", async (options, message) => {
    const connecting = connectWith("ws://example.com/", options, never);
    await expect(connecting).rejects.toMatchObject({
      message: `${message} (WS_ERR_INVALID_OPTION)`,
      code: "WS_ERR_INVALID_OPTION",
    });
  });

  test.each([
    "",
    "example.com",
    "http://example.com/",
    "ws://example.com/#x",
    "ws://",
    "ws://x:70000/",
  ])("connect to %j", async (url) => {
    await expect(connectWith(url, {}, never)).rejects.toMatchObject({
      name: "TypeError",
      code: "WS_ERR_INVALID_URL",
      message: expect.stringContaining(`"${url}"`),
    });
  });

  test("options that a runtime or a Unix socket cannot have", async () => {
    for (const [options, name] of [
      [{ family: 6 }, "family"],
      [{ handshakeTimeout: { lookup: 5 } }, "handshakeTimeout.lookup"],
    ] as const) {
      await expect(connectWith("ws://example.com/", options, never)).rejects.toMatchObject({
        name: "UnsupportedError",
        code: "WS_ERR_UNSUPPORTED",
        message: `option ${name} needs node:dns, or the option lookup (WS_ERR_UNSUPPORTED)`,
      });
    }
    const options = { localAddress: "127.0.0.1" };
    await expect(connectWith("ws+unix:/a:/", options, never)).rejects.toMatchObject({
      code: "WS_ERR_INVALID_OPTION",
      message: "option localAddress cannot be used with Unix sockets (WS_ERR_INVALID_OPTION)",
    });
  });

  test.each([200, 299, 600, 404.5])("refuse %d", (status) => {
    expect(() => refuse(status)).toThrow(RangeError);
  });
});

test("an instance of a class may have properties that are no options", async () => {
  class App {
    rooms = new Map();
    message() {}
  }
  const serving = serveWith(new App() as ServeOptions, never);
  await expect(serving).rejects.toMatchObject({ code: "WS_ERR_LISTEN_FAILED" });
});

test("the error of a server that cannot listen has the address and the cause", async () => {
  const cause = new Error("address in use");
  await expect(serveWith({ port: 81 }, () => Promise.reject(cause))).rejects.toMatchObject({
    name: "ListenError",
    code: "WS_ERR_LISTEN_FAILED",
    message: "cannot listen on 127.0.0.1 port 81: address in use (WS_ERR_LISTEN_FAILED)",
    cause,
  });
});

describe("values of the wrong type have an error with a code", () => {
  const fault = (code: string) => expect.objectContaining({ name: "TypeError", code });

  test.each([null, 1, "x", Symbol("x"), () => {}])(
    "options that are no object (%#)",
    async (options) => {
      const invalid = fault("WS_ERR_INVALID_OPTION");
      await expect(serveWith(options as object, never)).rejects.toThrow(invalid);
      await expect(connectWith("ws://host/", options as object, never)).rejects.toThrow(invalid);
    },
  );

  test.each([undefined, null, 1, Symbol("x"), {}, [], Object.create(null)])(
    "a URL that is none (%#)",
    async (url) => {
      await expect(connectWith(url as string, {}, never)).rejects.toThrow(
        fault("WS_ERR_INVALID_URL"),
      );
    },
  );

  test.each([Object.create(null), [Symbol("x")]])(
    "an option that cannot be shown (%#)",
    async (value) => {
      for (const name of ["closeTimeout", "message", "whenFull", "borrowedMessages", "tls"]) {
        await expect(serveWith({ [name]: value }, never)).rejects.toThrow(
          fault("WS_ERR_INVALID_OPTION"),
        );
      }
      expect(() => refuse(value)).toThrow(
        expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    },
  );
});
