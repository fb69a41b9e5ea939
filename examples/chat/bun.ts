import { serve } from "@framewright/bun-transport";
import { runChat } from "./chat.ts";

runChat(serve, 8082);
