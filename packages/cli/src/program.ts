import process from "node:process";
import { Command, CommanderError } from "commander";
import { benchCommand } from "./bench/command.ts";
import { connectCommand } from "./connect/command.ts";
import { CliError, describeError, exitStatusOfError } from "./errors.ts";
import { inspectCommand } from "./inspect/command.ts";
import { listenCommand } from "./listen/command.ts";
import { version } from "./version.ts";

const examples = `
Examples:
  framewright connect wss://example.com/feed
  echo hello | framewright connect ws://localhost:8080
  framewright listen 8080 --broadcast
  framewright inspect 81 85 37 fa 21 3d 7f 9f 4d 51 58
  framewright bench ws://localhost:8080 --connections 50`;

/** Builds the commands. Each reports the exit status with `finished`. */
export function createProgram(finished: (status: number) => void): Command {
  const program = new Command("framewright")
    .description("Tools for WebSockets (RFC 6455).")
    .version(version)
    .addHelpText("after", examples);
  for (const create of [connectCommand, listenCommand, inspectCommand, benchCommand]) {
    program.addCommand(create(finished).option("--verbose", "show the stacks of errors"));
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      // Errors are printed in one form, by `run`.
      outputError: () => {},
    });
  }
  return program;
}

/** Runs a command line, without the program's name. Prints its error, if any. Returns the status. */
export async function run(words: readonly string[]): Promise<number> {
  let status = 0;
  const program = createProgram((result) => {
    status = result;
  });
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (thrown) {
    // Help and the version come this way too.
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
    process.stderr.write(describeError(error, words.includes("--verbose")));
    status = exitStatusOfError(error);
  }
  return status;
}

function usageError({ code, message }: CommanderError): CliError {
  const text = code === "commander.help" ? "a command is needed; --help lists them" : message;
  return new CliError("WS_ERR_CLI_USAGE", text.replace(/^error: /, "").replace(/\s*\n\s*/g, " "));
}
