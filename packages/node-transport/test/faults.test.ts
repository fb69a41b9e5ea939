import { connect, serve } from "@framewright/node-transport";
import { describeFaults } from "../../websocket/test/faults/fault-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";

describeFaults("Node", { listen, open, serve, connect, sharesPorts: false });
