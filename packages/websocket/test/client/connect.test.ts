import { expect, test } from "vitest";
import { connectWith } from "../../src/client/connect.ts";
import { memoryPipe, RawPeer } from "../memory-transport.ts";

/** A server in memory that redirects from `/0` to here, and refuses what comes next. */
class RedirectingPeer extends RawPeer {
  location = "";

  override receive(): void {
    this.send(
      this.location === ""
        ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        : `HTTP/1.1 302 Found\r\nLocation: ${this.location}\r\nContent-Length: 0\r\n\r\n`,
    );
  }
}

test.each([
  ["/1", [true, true]],
  ["wss://other.example/1", [true, false]],
  ["wss://server.example:444/1", [true, false]],
])(
  "after a redirect to %s the client's certificate and server name go to %j",
  async (location, shown) => {
    const seen: boolean[] = [];
    const connecting = connectWith(
      "wss://server.example/0",
      { redirects: 1, tls: { cert: "certificate", key: "key", serverName: "internal.example" } },
      async ({ tls }, progress) => {
        seen.push(tls.certificate !== undefined);
        expect(tls.serverName !== undefined).toBe(seen.at(-1));
        const [client, server] = memoryPipe();
        const peer = new RedirectingPeer(server);
        if (seen.length === 1) peer.location = location;
        progress.opened(client);
      },
    );
    await expect(connecting).rejects.toMatchObject({ status: 404 });
    expect(seen).toEqual(shown);
  },
);
