import { attach, serve } from "@framewright/node-transport";
import { runChat } from "./chat.ts";

runChat(serve, attach, 8080);
