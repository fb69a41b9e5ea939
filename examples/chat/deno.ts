import { serve } from "@framewright/deno-transport";
import { runChat } from "./chat.ts";

runChat(serve, 8081);
