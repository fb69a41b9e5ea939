import { connect, WebSocket } from "@framewright/bun-transport";
import { describeAddresses } from "../../websocket/test/address-contract.ts";
import { describeConnect } from "../../websocket/test/connect-contract.ts";
import { describeRedirects } from "../../websocket/test/redirect-contract.ts";

describeConnect("Bun", { connect, WebSocket });
describeRedirects("Bun", { connect, WebSocket });
describeAddresses("Bun", { connect, WebSocket });
