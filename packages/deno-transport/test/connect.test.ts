import { attach, connect, serve, WebSocket } from "@framewright/deno-transport";
import { describeAddresses } from "../../websocket/test/address-contract.ts";
import { describeConnect } from "../../websocket/test/connect-contract.ts";
import { describeRedirects } from "../../websocket/test/redirect-contract.ts";
import { describeResponseHeaders } from "../../websocket/test/response-headers-contract.ts";

describeConnect("Deno", { connect, WebSocket });
describeRedirects("Deno", { connect, WebSocket });
describeAddresses("Deno", { connect, WebSocket });
describeResponseHeaders("Deno", { serve, attach, connect });
