import { connect, serve } from "@framewright/deno-transport";
import { describeProxyTransport } from "../../websocket/test/proxy-transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";
import { runtimeSupport } from "../src/runtime-support.ts";

describeProxyTransport(
  "Deno",
  { listen, open, serve, connect, sharesPorts: false },
  runtimeSupport,
);
