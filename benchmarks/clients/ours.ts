import type { ConnectOptions, Socket } from "@framewright/websocket";
import { connectAll, url } from "./settings.ts";

/** `connect` of any of the transport packages. */
type Connect = (url: string, options: ConnectOptions) => Promise<Socket>;

/** Our client, whatever the runtime: echoes what comes. */
export function runOurs(connect: Connect): Promise<void> {
  const options: ConnectOptions = {
    message(socket, data) {
      socket.send(data);
    },
  };
  return connectAll(() => connect(url, options));
}
