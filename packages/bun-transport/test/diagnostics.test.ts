import { connect, serve } from "@framewright/bun-transport";
import { describeDiagnostics } from "../../websocket/test/diagnostics-contract.ts";

describeDiagnostics("Bun", { serve, connect });
