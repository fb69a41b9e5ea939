import { serve } from "@framewright/node-transport";
import { WebSocket } from "@framewright/node-transport/websocket";
import { describeWebSocket } from "../../websocket/test/web/websocket-contract.ts";

describeWebSocket("Node", { serve, WebSocket });
