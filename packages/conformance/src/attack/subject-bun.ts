import { connect, serve } from "@framewright/bun-transport";
import { runClient } from "./client-subject.ts";
import { runSubject } from "./subject.ts";

await (process.argv[2] === "client" ? runClient({ connect }) : runSubject({ serve }));
