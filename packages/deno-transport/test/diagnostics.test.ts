import { connect, serve } from "@framewright/deno-transport";
import { describeDiagnostics } from "../../websocket/test/diagnostics-contract.ts";

describeDiagnostics("Deno", { serve, connect });
