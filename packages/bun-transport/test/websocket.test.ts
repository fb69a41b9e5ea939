import { serve } from "@framewright/bun-transport";
import { WebSocket } from "@framewright/bun-transport/websocket";
import { describeWebSocket } from "../../websocket/test/web/websocket-contract.ts";

describeWebSocket("Bun", { serve, WebSocket });
