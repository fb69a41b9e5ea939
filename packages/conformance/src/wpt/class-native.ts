import { runFile } from "./run-file.ts";

runFile({ WebSocket }, JSON.parse(process.argv[2]));
