import { attach, connect, serve } from "@framewright/deno-transport";
import { describeResponseHeaders } from "../../websocket/test/response-headers-contract.ts";

describeResponseHeaders("Deno", { serve, attach, connect });
