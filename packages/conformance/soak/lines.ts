/** The lines of JSON that the runner and its processes exchange. */
import { createInterface } from "node:readline";
import { takeLongestDelay, watchLoop } from "./loop-delay.ts";

/** How one connection ended, as one of its ends saw it. Both must agree. */
export interface EndReport {
  readonly id: number;
  /** Messages from the client that were sent (client) or handled (server). */
  readonly up: number;
  /** Messages to the client alone that were sent (server) or handled (client). */
  readonly down: number;
  /** By topic: the number of messages that were sent (server) or handled (client). */
  readonly topics: Readonly<Record<string, number>>;
  readonly statusCode: number;
  /** Of the server: the code of the error that ended the connection, or "". */
  readonly error?: string;
  /** Of the client: who was to end the connection, and how. */
  readonly plan?: Plan;
}

/**
 * How a connection ends: the client closes it, the server does, the client resets it, or the client
 * neither reads nor writes any more.
 */
export type Plan = "close" | "server" | "reset" | "vanish";

/** A line that a process prints. */
export interface Line {
  readonly ready?: number;
  readonly fault?: string;
  readonly ended?: EndReport;
  readonly answer?: unknown;
}

/** A request of the runner. */
export interface Request {
  readonly do: string;
  readonly rate?: number;
  readonly count?: number;
}

export function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Reports what must not happen. */
export function fault(text: string): void {
  print({ fault: text });
}

/** Answers the runner's requests one by one, until it ends the input. */
export function answerRequests(answer: (request: Request) => unknown): void {
  let turn: Promise<unknown> = Promise.resolve();
  watchLoop();
  createInterface({ input: process.stdin }).on("line", (line) => {
    const request: Request = JSON.parse(line);
    turn = turn
      .then(async () =>
        print({
          answer: (await (request.do === "delay" ? takeLongestDelay() : answer(request))) ?? null,
        }),
      )
      .catch((error) => fault(String(error?.stack ?? error)));
  });
}

/** Resolves after a number of milliseconds. */
export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
