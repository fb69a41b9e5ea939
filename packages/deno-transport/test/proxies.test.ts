import { connect, serve, WebSocket } from "@framewright/deno-transport";
import { describeProxies } from "../../websocket/test/proxy-contract.ts";
import { describeProxyTransport } from "../../websocket/test/proxy-transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";
import { runtimeSupport } from "../src/runtime-support.ts";

describeProxies("Deno", { serve, connect, WebSocket });
describeProxyTransport(
  "Deno",
  { listen, open, serve, connect, sharesPorts: false },
  runtimeSupport,
);
