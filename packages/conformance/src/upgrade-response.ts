import { request } from "node:http";
import { text } from "node:stream/consumers";

/** What a server answers to an opening handshake that it refuses. */
export interface UpgradeResponse {
  readonly status: number | undefined;
  readonly body: string;
}

/**
 * Sends an opening handshake and returns the response. Rejects if it is 101, or if the connection
 * ends before the response is whole.
 */
export function refusedUpgrade(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<UpgradeResponse> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: "127.0.0.1",
      port,
      path,
      headers: {
        ...headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    });
    asked.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error("the upgrade was accepted"));
    });
    asked.on("response", (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
    asked.on("error", reject).end();
  });
}
