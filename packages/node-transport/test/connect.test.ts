import { connect, WebSocket } from "@framewright/node-transport";
import { describeAddresses } from "../../websocket/test/address-contract.ts";
import { describeConnect } from "../../websocket/test/connect-contract.ts";
import { describeRedirects } from "../../websocket/test/redirect-contract.ts";

describeConnect("Node", { connect, WebSocket });
describeRedirects("Node", { connect, WebSocket });
describeAddresses("Node", { connect, WebSocket });
