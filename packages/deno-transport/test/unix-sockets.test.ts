import { connect, serve } from "@framewright/deno-transport";
import { describeUnixSockets } from "../../websocket/test/unix-contract.ts";

describeUnixSockets("Deno", { serve, connect });
