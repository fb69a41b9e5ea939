/**
 * Runs code that was written for browsers on a `WebSocket` class, against real servers. Prints one
 * line for each library.
 *
 * @module
 */
import type { WebSocketConstructor } from "@framewright/node-transport";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { createClient } from "graphql-ws/client";
import mqtt from "mqtt";
import PartySocket from "partysocket/ws";
import { Socket as PhoenixSocket } from "phoenix";
import { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";

/** The ports of the servers. */
export interface Ports {
  readonly graphql: number;
  readonly mqtt: number;
  readonly engine: number;
  readonly trpc: number;
  readonly phoenix: number;
  readonly relay: number;
  readonly unreliable: number;
}

type Classes = { readonly WebSocket: WebSocketConstructor };

const local = (port: number) => `ws://127.0.0.1:${port}`;

async function useGraphqlWs({ WebSocket }: Classes, { graphql }: Ports): Promise<unknown> {
  const client = createClient({ url: local(graphql), webSocketImpl: WebSocket });
  const results: unknown[] = [];
  for (const query of ["{ hello }", "subscription { countdown }"]) {
    for await (const { data } of client.iterate({ query })) results.push(data);
  }
  await client.dispose();
  return results;
}

async function useMqtt({ WebSocket }: Classes, ports: Ports): Promise<unknown> {
  const client = await mqtt.connectAsync(local(ports.mqtt), {
    forceNativeWebSocket: true,
    createWebsocket: (url, protocols) => new WebSocket(url, protocols) as never,
  });
  await client.subscribeAsync("topic/+", { qos: 1 });
  const received = new Promise((resolve) => {
    client.on("message", (topic, payload) => resolve([topic, payload.length, payload[99_999]]));
  });
  await client.publishAsync("topic/a", Buffer.alloc(100_000, 7), { qos: 2 });
  const message = await received;
  await client.endAsync();
  return message;
}

async function useEngineIo({ WebSocket }: Classes, { engine }: Ports): Promise<unknown> {
  // The library takes the global class when it is loaded.
  Object.assign(globalThis, { WebSocket });
  const { Socket, WebSocket: WebSocketTransport } = await import("engine.io-client");
  class Transport extends WebSocketTransport {
    override createSocket(url: string, protocols: string | string[] | undefined) {
      const created = super.createSocket(url, protocols, {});
      created.binaryType = "arraybuffer"; // as in browsers; elsewhere it asks for "nodebuffer"
      return created;
    }
  }
  const socket = new Socket(local(engine), { transports: [Transport] as never });
  socket.binaryType = "arraybuffer";
  await new Promise((resolve) => socket.on("open", () => resolve(undefined)));
  const messages: unknown[] = [];
  const received = new Promise((resolve) => {
    socket.on("message", (data) => {
      messages.push(typeof data === "string" ? data : [...new Uint8Array(data)]);
      if (messages.length === 2) resolve(messages);
    });
  });
  socket.send("text");
  socket.send(new Uint8Array([1, 2, 3]));
  await received;
  socket.close();
  return messages;
}

async function useTrpc({ WebSocket }: Classes, { trpc }: Ports): Promise<unknown> {
  const socket = createWSClient({ url: local(trpc), WebSocket: WebSocket as never });
  // biome-ignore lint/suspicious/noExplicitAny: the router's type is in the server's file
  const client = createTRPCClient<any>({ links: [wsLink({ client: socket })] }) as any;
  const results: unknown[] = [await client.hello.query()];
  await new Promise((resolve, reject) => {
    const onData = (data: unknown) => results.push(data);
    client.countdown.subscribe(undefined, { onData, onComplete: resolve, onError: reject });
  });
  await socket.close();
  return results;
}

async function useYjs({ WebSocket }: Classes, ports: Ports): Promise<unknown> {
  const options = { WebSocketPolyfill: WebSocket as never, disableBc: true };
  const docs = [new Doc(), new Doc()];
  const providers = docs.map(
    (doc) => new WebsocketProvider(local(ports.relay), "room", doc, options),
  );
  const again = () => new Promise((resolve) => setTimeout(resolve, 5));
  while (!providers.every((provider) => provider.wsconnected)) await again();
  docs[0].getText("text").insert(0, "shared");
  while (docs[1].getText("text").toString() !== "shared") await again();
  for (const provider of providers) provider.destroy();
  return docs[1].getText("text").toString();
}

async function usePhoenix({ WebSocket }: Classes, { phoenix }: Ports): Promise<unknown> {
  const socket = new PhoenixSocket(`${local(phoenix)}/socket`, { transport: WebSocket });
  socket.connect();
  const channel = socket.channel("room:lobby", { name: "Ada" });
  const shouted = new Promise((resolve) => channel.on("shout", resolve));
  const joined = await new Promise((resolve, reject) => {
    channel.join().receive("ok", resolve).receive("error", reject).receive("timeout", reject);
  });
  channel.push("shout", { text: "hello" });
  const result = [joined, await shouted];
  await new Promise<void>((resolve) => socket.disconnect(resolve, 1000, "done"));
  return result;
}

async function usePartySocket({ WebSocket }: Classes, { unreliable }: Ports): Promise<unknown> {
  const options = { WebSocket, minReconnectionDelay: 1, maxReconnectionDelay: 10 };
  const socket = new PartySocket(`${local(unreliable)}/unreliable`, [], options);
  let closes = 0;
  socket.addEventListener("close", () => closes++);
  const message = await new Promise((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(data));
    const again = setInterval(() => {
      if (closes === 0) return;
      clearInterval(again);
      socket.send("after a reconnection");
    }, 5);
  });
  socket.close();
  return message;
}

/** No library: what a listener throws is the runtime's to report, and harms no connection. */
async function throwInListeners({ WebSocket }: Classes, { unreliable }: Ports): Promise<unknown> {
  const reported: string[] = [];
  const report = (error: Error) => reported.push(error.message);
  process.on("uncaughtException", report);
  const socket = new WebSocket(local(unreliable));
  const ended = new Promise((resolve) => socket.addEventListener("close", resolve));
  for (const type of ["open", "message", "close"] as const) {
    socket.addEventListener(type, () => {
      throw new Error(`${type} threw`);
    });
  }
  socket.onopen = () => socket.send("x");
  socket.onmessage = () => socket.close();
  await ended;
  while (reported.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("uncaughtException", report);
  return reported;
}

const uses = {
  "graphql-ws": useGraphqlWs,
  mqtt: useMqtt,
  "engine.io-client": useEngineIo,
  "@trpc/client": useTrpc,
  "y-websocket": useYjs,
  phoenix: usePhoenix,
  partysocket: usePartySocket,
  "listeners that throw": throwInListeners,
};

/** Uses all libraries and prints their results, each as a line of JSON. */
export async function runLibraries(classes: Classes, argument: string): Promise<void> {
  const ports: Ports = JSON.parse(argument);
  for (const [name, use] of Object.entries(uses)) {
    console.log(JSON.stringify([name, await use(classes, ports)]));
  }
  process.exit(0);
}
