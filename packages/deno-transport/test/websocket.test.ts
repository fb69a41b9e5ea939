import { serve } from "@framewright/deno-transport";
import { WebSocket } from "@framewright/deno-transport/websocket";
import { describeWebSocket } from "../../websocket/test/web/websocket-contract.ts";

describeWebSocket("Deno", { serve, WebSocket });
