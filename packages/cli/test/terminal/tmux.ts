import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { expect } from "vitest";
import { bundle } from "../command-line.ts";

const program = "/usr/bin/tmux";
const required = Boolean(process.env.CI) || process.env.FRAMEWRIGHT_REQUIRE_PEERS === "1";

/** Whether tmux is installed, or must be. Says so if its tests are skipped. */
export function hasTmux(): boolean {
  if (required || existsSync(program)) return true;
  // biome-ignore lint/suspicious/noConsole: the user is told what was not tested.
  console.warn(
    "SKIPPED: Debian's tmux is not installed, so nothing was tested in a terminal. " +
      "FRAMEWRIGHT_REQUIRE_PEERS=1 makes this a failure.",
  );
  return false;
}

/** A terminal in which the command line runs. */
export class Terminal {
  private readonly socket = `framewright-${randomUUID()}`;

  /** @param script - Of a shell, in which `framewright` is the command line. */
  constructor(script: string, environment: Readonly<Record<string, string>> = {}) {
    const command = `framewright() { '${process.execPath}' '${bundle()}' "$@"; }; ${script}`;
    const variables = Object.entries(environment).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    // The shell waits, so that the screen stays when the command has ended.
    this.tmux("-f", "/dev/null", "new-session", "-d", ...["-x", "100", "-y", "40"], ...variables, [
      `${command}; echo "status $?"; exec sleep 60`,
    ]);
  }

  /** Types keys, such as "Enter", "C-c" and "Up", or text. */
  type(...keys: string[]): void {
    this.tmux("send-keys", ...keys);
  }

  /** The screen, without spaces at the ends of lines. */
  screen(...flags: string[]): string {
    return this.tmux("capture-pane", "-p", ...flags).trimEnd();
  }

  /** Waits until the screen matches. */
  async shows(pattern: RegExp): Promise<string> {
    await expect.poll(() => this.screen(), { timeout: 15_000 }).toMatch(pattern);
    return this.screen();
  }

  close(): void {
    spawnSync(program, ["-L", this.socket, "kill-server"]);
  }

  private tmux(...words: (string | string[])[]): string {
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
    const env = { ...inherited, TERM: "xterm-256color", LC_ALL: "C.UTF-8" };
    const { status, stdout, stderr } = spawnSync(
      program,
      ["-u", "-L", this.socket, ...words.flat()],
      {
        env,
        encoding: "utf8",
      },
    );
    if (status !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout;
  }
}
