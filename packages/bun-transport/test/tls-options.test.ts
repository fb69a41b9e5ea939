import { connect, serve } from "@framewright/bun-transport";
import { describeTls } from "../../websocket/test/tls-contract.ts";

describeTls("Bun", { serve, connect, alwaysReplacesCertificates: false });
