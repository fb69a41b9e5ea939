import { serve } from "@framewright/deno-transport";
import { main, runServer } from "./production.ts";

main(runServer(serve));
