import { connect, serve } from "@framewright/deno-transport";
import { runCrashSubject } from "./crash.ts";

await runCrashSubject({ connect, serve });
