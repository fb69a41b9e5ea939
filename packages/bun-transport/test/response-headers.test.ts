import { attach, connect, serve } from "@framewright/bun-transport";
import { describeResponseHeaders } from "../../websocket/test/response-headers-contract.ts";

describeResponseHeaders("Bun", { serve, attach, connect });
