import { connect, WebSocket } from "@framewright/deno-transport";
import { describeAddresses } from "../../websocket/test/address-contract.ts";
import { describeConnect } from "../../websocket/test/connect-contract.ts";
import { describeRedirects } from "../../websocket/test/redirect-contract.ts";

describeConnect("Deno", { connect, WebSocket });
describeRedirects("Deno", { connect, WebSocket });
describeAddresses("Deno", { connect, WebSocket });
