import { once } from "node:events";
import process from "node:process";
import { Command, Option } from "commander";
import { type ServeOptions, type Server, serve } from "framewright";
import { readText } from "../client-options.ts";
import { CliError } from "../errors.ts";
import { collect, integer, parseSize } from "../values.ts";
import {
  type Behaviour,
  broadcastTo,
  type Client,
  clientFactory,
  echo,
  reply,
  silent,
} from "./behaviour.ts";
import { createLog, describeMessage, type Log } from "./log.ts";
import { type Reply, readReplies } from "./replies.ts";

interface ListenValues {
  readonly host?: string;
  readonly unix?: string;
  readonly path?: string;
  readonly broadcast?: boolean;
  readonly silent?: boolean;
  readonly replies?: string;
  readonly subprotocol?: readonly string[];
  readonly compression?: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly maxMessageSize?: number;
  readonly maxConnections?: number;
  readonly log: "text" | "json" | "none";
}

/** The port that is listened on if none is given. */
const defaultPort = 8080;

export function listenCommand(finished: (status: number) => void): Command {
  return new Command("listen")
    .description("Start a server that echoes, broadcasts or answers from a file.")
    .argument("[port]", `0 chooses a free port (default ${defaultPort})`, integer(0, 65_535))
    .option("--host <address>", 'address to listen on (default 127.0.0.1; "0.0.0.0" for all)')
    .option("--unix <path>", "listen on a Unix socket instead of a port")
    .option("--path <path>", "take connections to this path alone; others get 404")
    .addOption(
      new Option("--broadcast", "send messages to all others instead of back").conflicts([
        "silent",
        "replies",
      ]),
    )
    .addOption(new Option("--silent", "send nothing").conflicts(["broadcast", "replies"]))
    .addOption(
      new Option("--replies <file>", "answer with the lines of a file, in turn").conflicts([
        "broadcast",
        "silent",
      ]),
    )
    .option("-s, --subprotocol <name>", "support a subprotocol; may be repeated", collect)
    .option("-z, --compression", "accept permessage-deflate (RFC 7692)")
    .option("--cert <file>", "serve wss: with a certificate, a PEM file; needs --key")
    .option("--key <file>", "the private key of --cert, a PEM file")
    .option("--ca <file>", "demand certificates of clients that these authorities signed")
    .option("--max-message-size <bytes>", "longest message to receive (default 16m)", parseSize)
    .option("--max-connections <count>", "then 503 (default no limit)", integer(0, 1e9))
    .addOption(
      new Option("--log <form>", "what is printed")
        .choices(["text", "json", "none"])
        .default("text"),
    )
    .action(async (port: number | undefined, values: ListenValues) => {
      finished(await runListen(port ?? defaultPort, values));
    });
}

async function runListen(port: number, values: ListenValues): Promise<number> {
  const replies = values.replies === undefined ? undefined : await readReplies(values.replies);
  const log = createLog(values.log);
  let server: Server<Client> | undefined;
  const behaviour = behaviourOf(values, () => server as Server<Client>);
  const options = await serveOptions(port, values, replies, behaviour, log);
  server = (await serve(options)) as Server<Client>;
  log({ event: "listening", url: urlOf(server, values) });
  return await untilStopped(server, log);
}

function behaviourOf(values: ListenValues, server: () => Server<Client>): Behaviour {
  if (values.broadcast) return broadcastTo(server);
  if (values.silent) return silent;
  return values.replies === undefined ? echo : reply;
}

async function serveOptions(
  port: number,
  values: ListenValues,
  replies: readonly Reply[] | undefined,
  behaviour: Behaviour,
  log: Log,
): Promise<ServeOptions<Client>> {
  const { path, unix, host, subprotocol, maxMessageSize, maxConnections } = values;
  const tls = await tlsOf(values);
  const newClient = clientFactory(replies);
  const options: ServeOptions<Client> = {
    ...(unix === undefined ? { port } : { unix }),
    ...(host === undefined ? {} : { hostname: host }),
    ...(tls === undefined ? {} : { tls }),
    ...(subprotocol === undefined ? {} : { subprotocols: subprotocol }),
    ...(maxMessageSize === undefined ? {} : { maxMessageSize }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    compression: values.compression ?? false,
    accept: newClient,
    open: (socket) => {
      const { remoteAddress: address, subprotocol: name, extensions } = socket;
      const chosen = { subprotocol: name || undefined, extensions: extensions || undefined };
      log({ event: "open", id: socket.data.id, address, ...chosen });
    },
    message: async (socket, data) => {
      const hasRoom = log({ event: "message", id: socket.data.id, ...describeMessage(data) });
      // A peer must not fill the memory with what nobody reads.
      if (!hasRoom) await once(process.stdout, "drain");
      await behaviour(socket, data);
    },
    close: (socket, statusCode, reason) => {
      log({ event: "close", id: socket.data.id, statusCode, reason: reason || undefined });
    },
    refused: (request, { code, httpStatus }) => {
      log({ event: "refused", path: request?.path, code, httpStatus: httpStatus || undefined });
    },
    error: (error) => log({ event: "error", message: String(error) }),
  };
  return path === undefined ? options : { ...options, routes: { [path]: {} } };
}

async function tlsOf({ cert, key, ca }: ListenValues): Promise<ServeOptions["tls"]> {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new CliError("WS_ERR_CLI_USAGE", "--cert and --key need each other");
  }
  const pair = { cert: await readText(cert), key: await readText(key) };
  return ca === undefined ? pair : { ...pair, ca: await readText(ca), requestCert: true };
}

function urlOf(
  { port, hostname, unix }: Server<Client>,
  { cert, path = "/" }: ListenValues,
): string {
  if (unix !== undefined) return `ws+unix:${unix}:${path}`;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${cert === undefined ? "ws" : "wss"}://${host}:${port}${path}`;
}

/** Waits for SIGINT or SIGTERM and closes the server. A second signal ends its connections. */
async function untilStopped(server: Server<Client>, log: Log): Promise<number> {
  let signals = 0;
  const result = await new Promise<{ closed: number; terminated: number }>((resolve) => {
    const stop = () => {
      signals++;
      if (signals === 1) void server.close({ timeout: 5_000 }).then(resolve);
      else for (const socket of server.clients) socket.terminate();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  log({ event: "stopped", closed: result.closed, terminated: result.terminated });
  return 0;
}
