import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAuthority } from "../../../websocket/test/certificates.ts";
import { repositoryPath, runScript, runtimes } from "../../src/runtimes.ts";

let rows: string[][];
let directory: string;
let certificates: string;

beforeAll(async () => {
  const text = await readFile(repositoryPath("docs/runtimes.md"), "utf8");
  const [, table] = /\n\| feature \|.*\n\| ---.*\n((?:\|.*\n)+)/.exec(text) ?? [];
  rows = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
  directory = await mkdtemp(join(tmpdir(), "framewright-"));
  certificates = join(directory, "certificates.json");
  const authority = await makeAuthority();
  const host = { commonName: "localhost", hostNames: ["localhost"] };
  const passphrase = "a passphrase";
  const content = {
    ca: authority.ca,
    pair: await authority.issue(host),
    encrypted: await authority.issue({ ...host, passphrase }),
    passphrase,
    client: await authority.issue({ commonName: "alice" }),
  };
  await writeFile(certificates, JSON.stringify(content), { mode: 0o600 });
});

afterAll(() => rm(directory, { recursive: true }));

/** What a cell says about a program that uses nothing but the feature, on Linux. */
function expectedResult(cell: string): string {
  return /else `(.*)`$/.exec(cell)?.[1] ?? (/^(yes|on Linux)/.test(cell) ? "yes" : cell);
}

describe.each(runtimes.map((runtime, index) => ({ runtime, index, name: runtime.name })))(
  "docs/runtimes.md for $name",
  ({ runtime, index, name }) => {
    test("says what works and which error the rest gives", async () => {
      const args = [`@framewright/${name}-transport`, directory, certificates];
      const script = "packages/conformance/test/docs/try-features.ts";
      const tries = runScript(runtime, script, args);
      try {
        const results = JSON.parse(await tries.line(0)) as Record<string, string>;
        const expected = rows.map((cells) => expectedResult(cells[1 + index]));
        expect(Object.values(results)).toEqual(expected);
        // The rows are in the order of the script.
        for (const [row, feature] of Object.keys(results).entries()) {
          expect(rows[row][0]).toContain(feature);
        }
      } finally {
        await tries.stop("SIGKILL");
      }
    });
  },
);
