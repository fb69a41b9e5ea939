import { connect, serve } from "@framewright/node-transport";
import { runCrashSubject } from "./crash.ts";

await runCrashSubject({ connect, serve });
