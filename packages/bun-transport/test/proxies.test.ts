import { connect, serve } from "@framewright/bun-transport";
import { describeProxyTransport } from "../../websocket/test/proxy-transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";
import { runtimeSupport } from "../src/runtime-support.ts";

describeProxyTransport("Bun", { listen, open, serve, connect, sharesPorts: false }, runtimeSupport);
