import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../../src/runtimes.ts";
import { browserTests, launchBrowser } from "./chromium.ts";

interface Conversation {
  readonly extensions: string;
  /** Number of messages that were echoed unchanged. */
  readonly same: number;
  readonly sent: number;
  readonly code: number;
}

/**
 * Runs in the page: echoes messages of many kinds over one connection, so that kept windows matter.
 */
async function converse(url: string): Promise<Conversation> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("cannot connect"));
  });
  const row = (i: number) => JSON.stringify({ id: i, name: `visitor ${i % 97}`, ok: true });
  const json = (rows: number) => Array.from({ length: rows }, (_, i) => row(i)).join();
  const noise = (length: number) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, length)));
    }
    return bytes;
  };
  const messages = [
    "",
    new Uint8Array(0),
    ...Array.from({ length: 30 }, (_, i) => json(i)),
    "Grüße, 世界 𝄞. ".repeat(300),
    noise(2_000),
    noise(1_048_576),
    json(20_000),
    new Uint8Array(1_048_576),
    "the end",
  ];
  let same = 0;
  for (const message of messages) {
    const came = new Promise<string | ArrayBuffer>((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    });
    socket.send(message);
    const data = await came;
    if (typeof data === "string" || typeof message === "string") {
      if (data === message) same++;
    } else {
      const bytes = new Uint8Array(data);
      if (bytes.length === message.length && bytes.every((octet, i) => octet === message[i]))
        same++;
    }
  }
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  const { extensions } = socket;
  socket.close(1000);
  return { extensions, same, sent: messages.length, code: await closed };
}

const settings = [
  {
    options: "without windows",
    flags: ["--deflate"],
    extensions: "permessage-deflate; client_no_context_takeover",
  },
  {
    options: "with windows",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "15"],
    extensions: "permessage-deflate",
  },
  {
    options: "with windows of 10 bits",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "10"],
    extensions: "permessage-deflate; client_max_window_bits=10",
  },
  {
    options: "without memory for it",
    flags: [
      "--deflate",
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-max-memory",
      "0",
    ],
    extensions: "permessage-deflate; client_no_context_takeover",
  },
  { options: "without compression", flags: [], extensions: "" },
];

describe.runIf(browserTests)("compression with Chromium", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser?.close());

  const chosen = settings.filter(({ options }) => isFullDepth || options === "with windows");
  describe.each(chosen)("$options", ({ flags, extensions }) => {
    it.each(runtimes)("the echo server on $name echoes all messages", async (runtime) => {
      const server: ServerProcess = await startEchoServer(runtime, flags);
      const page = await browser.newPage();
      try {
        const came = await page.evaluate(converse, `ws://127.0.0.1:${server.port}/`);
        expect(came).toEqual({ extensions, same: came.sent, sent: came.sent, code: 1000 });
        expect(server.process.standardError).toBe("");
      } finally {
        await page.close();
        await server.process.stop("SIGKILL");
      }
    });
  });
});
