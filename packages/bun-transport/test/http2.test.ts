import { attach, connect, createUpgrades } from "@framewright/bun-transport";
import { describeHttp2 } from "../../websocket/test/http2-contract.ts";

describeHttp2("Bun", { attach, connect, createUpgrades });
