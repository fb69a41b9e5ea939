import { attach, connect, createUpgrades } from "@framewright/deno-transport";
import { describeHttp2 } from "../../websocket/test/http2-contract.ts";

describeHttp2("Deno", { attach, connect, createUpgrades });
