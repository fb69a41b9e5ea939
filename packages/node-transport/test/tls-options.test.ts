import { connect, serve } from "@framewright/node-transport";
import { describeTls } from "../../websocket/test/tls-contract.ts";

describeTls("Node", { serve, connect, alwaysReplacesCertificates: true });
