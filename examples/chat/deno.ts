import { attach, serve } from "@framewright/deno-transport";
import { runChat } from "./chat.ts";

runChat(serve, attach, 8081);
