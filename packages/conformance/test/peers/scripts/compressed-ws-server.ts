import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type PerMessageDeflateOptions, WebSocketServer } from "ws";
import { converseCompressed } from "./compressed-conversation.ts";
import { report, standardPeer } from "./conversation.ts";
import { announce } from "./server.ts";

/** Compression settings by path. */
const settings: Readonly<Record<string, PerMessageDeflateOptions>> = {
  "/plain": {},
  "/no-takeover": { serverNoContextTakeover: true, clientNoContextTakeover: true },
  "/server-no-takeover": { serverNoContextTakeover: true },
  "/client-no-takeover": { clientNoContextTakeover: true },
  "/server-10": { serverMaxWindowBits: 10 },
  "/client-10": { clientMaxWindowBits: 10 },
  "/both-9": { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
  "/threshold-0": { threshold: 0 },
};

const http = createServer();
const servers = new Map(
  Object.entries(settings).map(([path, perMessageDeflate]) => [
    path,
    new WebSocketServer({ noServer: true, perMessageDeflate }),
  ]),
);

http.on("upgrade", (request, socket, head) => {
  const path = request.url ?? "";
  servers.get(path)?.handleUpgrade(request, socket, head, async (peer) => {
    const { send, close, inbox } = standardPeer(peer);
    const same = await converseCompressed({ send, close, inbox });
    close(1000);
    const { code } = await inbox.closed;
    report({ path, extensions: peer.extensions, same, code });
  });
});

http.listen(0, "127.0.0.1", () => announce((http.address() as AddressInfo).port));
