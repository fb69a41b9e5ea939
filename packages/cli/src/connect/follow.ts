import process from "node:process";
import { type ConnectOptions, reconnecting, type StateChange } from "framewright";
import { exitStatusOfClose, statusName } from "../exit-status.ts";
import type { Printer } from "./printer.ts";
import { sendMessage } from "./session.ts";

/**
 * Prints the messages of a server, and opens the connection again when it is lost. Ends after
 * `count` messages, at SIGINT or SIGTERM, and when another try would not help.
 *
 * @param messages - Sent on each connection.
 * @returns The exit status.
 * @throws What has ended the last try, if another one would not help.
 */
export async function follow(
  url: string,
  options: Omit<ConnectOptions, "signal">,
  messages: readonly string[],
  count: number,
  printer: Printer,
): Promise<number> {
  let left = count;
  let isInterrupted = false;
  const connection = reconnecting(url, {
    ...options,
    message: async (_socket, data) => {
      if (left <= 0) return;
      left--;
      await printer.message(data);
      if (left === 0) connection.close(1000);
    },
    onConnect: async (socket) => {
      for (const message of messages) await sendMessage(socket, message);
    },
    onChange: (change) => {
      if (change.state === "waiting" && change.delay !== undefined) printer.note(describe(change));
    },
  });
  const interrupt = () => {
    if (isInterrupted) connection.socket?.terminate();
    isInterrupted = true;
    connection.close(1000);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const { code, failure } = await connection.closed;
  if (isInterrupted) return 130;
  if (code === "WS_ERR_CLOSED") return 0;
  if (failure?.statusCode === 0) throw failure.error;
  return exitStatusOfClose(failure?.statusCode ?? 1006);
}

/** Why there is no connection, and when the next try is. */
function describe({ failure, delay = 0 }: StateChange): string {
  const { statusCode = 0, reason = "", error } = failure ?? {};
  const cause = statusCode === 0 ? messageOf(error) : `${statusCode}, ${statusName(statusCode)}`;
  const suffix = reason === "" ? "" : `: ${reason}`;
  return `lost: ${cause}${suffix}; next try in ${(delay / 1_000).toFixed(1)} s`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
