import { connect, serve } from "@framewright/node-transport";
import { describeUnixSockets } from "../../websocket/test/unix-contract.ts";

describeUnixSockets("Node", { serve, connect });
