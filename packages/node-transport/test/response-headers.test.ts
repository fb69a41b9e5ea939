import { attach, connect, serve } from "@framewright/node-transport";
import { describeResponseHeaders } from "../../websocket/test/response-headers-contract.ts";

describeResponseHeaders("Node", { serve, attach, connect });
