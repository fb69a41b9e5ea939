import { attach, serve } from "@framewright/bun-transport";
import { runChat } from "./chat.ts";

runChat(serve, attach, 8082);
