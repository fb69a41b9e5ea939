import { connect, serve } from "@framewright/node-transport";
import { describeDiagnostics } from "../../websocket/test/diagnostics-contract.ts";

describeDiagnostics("Node", { serve, connect });
