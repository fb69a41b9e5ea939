import { connect, serve } from "@framewright/deno-transport";
import { runClient } from "./client-subject.ts";
import { runSubject } from "./subject.ts";

await (process.argv[2] === "client" ? runClient({ connect }) : runSubject({ serve }));
