import { serve } from "@framewright/node-transport";
import { main, runServer } from "./production.ts";

main(runServer(serve));
