#!/usr/bin/env node
import process from "node:process";
import { run } from "./program.ts";
import { exitOnBrokenPipe, flushed } from "./terminal/write.ts";

exitOnBrokenPipe();
const status = await run(process.argv.slice(2));
await flushed(process.stdout);
await flushed(process.stderr);
// A standard input that is still open must not keep the process.
process.exit(status);
