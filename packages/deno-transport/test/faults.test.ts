import { connect, serve } from "@framewright/deno-transport";
import { describeFaults } from "../../websocket/test/faults/fault-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";

describeFaults("Deno", { listen, open, serve, connect, sharesPorts: false });
