import { serve } from "@framewright/bun-transport";
import { main, runServer } from "./production.ts";

main(runServer(serve));
