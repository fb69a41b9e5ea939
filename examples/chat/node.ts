import { serve } from "@framewright/node-transport";
import { runChat } from "./chat.ts";

runChat(serve, 8080);
