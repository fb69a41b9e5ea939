import type { ConnectOptions, Socket } from "@framewright/websocket";
import { connectAll, url } from "./settings.ts";

/** The `connect` function of a transport package. */
type Connect = (url: string, options: ConnectOptions) => Promise<Socket>;

/** Runs the Framewright client of any runtime as an echo client. */
export function runOurs(connect: Connect): Promise<void> {
  const options: ConnectOptions = {
    message(socket, data) {
      socket.send(data);
    },
  };
  return connectAll(() => connect(url, options));
}
