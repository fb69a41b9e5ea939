import { attach, connect, createUpgrades } from "@framewright/node-transport";
import { describeHttp2 } from "../../websocket/test/http2-contract.ts";

describeHttp2("Node", { attach, connect, createUpgrades });
