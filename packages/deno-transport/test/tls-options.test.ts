import { connect, serve } from "@framewright/deno-transport";
import { describeTls } from "../../websocket/test/tls-contract.ts";

describeTls("Deno", { serve, connect, alwaysReplacesCertificates: true });
