/** A process that dials what its command line says, prints what came of it, and has no more to do. */
import { type DialQuestion, dialAll } from "./dial.ts";
import { ourClients } from "./our-clients.ts";

const questions: DialQuestion[] = JSON.parse(process.argv[2]);
const clients = await ourClients();
const outcomes = await Promise.all(questions.map((question) => dialAll(clients, question)));
console.log(JSON.stringify(outcomes));
