import { connect, serve } from "@framewright/bun-transport";
import { runCrashSubject } from "./crash.ts";

await runCrashSubject({ connect, serve });
