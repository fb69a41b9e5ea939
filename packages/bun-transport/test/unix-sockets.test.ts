import { connect, serve } from "@framewright/bun-transport";
import { describeUnixSockets } from "../../websocket/test/unix-contract.ts";

describeUnixSockets("Bun", { serve, connect });
