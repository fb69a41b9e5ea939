import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { beforeAll, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { repositoryPath } from "../../src/runtimes.ts";

const folder = repositoryPath("packages/conformance/.artifacts/testing");
const condition = "@framewright/source";
const bin = (name: string) => repositoryPath(`node_modules/.bin/${name}`);

/** In milliseconds, for busy machines. */
const patience = 60_000;

const config = `export default {
  resolve: { conditions: ["${condition}"] },
  ssr: { resolve: { conditions: ["${condition}"] } },
};
`;

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(repositoryPath("docs/testing.md"), "utf8");
  for (const [, name, code] of text.matchAll(/```ts\n\/\/ (\S+\.ts)\n(.*?)```/gs))
    writeFileSync(`${folder}/${name}`, code);
  writeFileSync(`${folder}/vitest.config.js`, config);
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
});

const runners = [
  ["vitest", "node", [repositoryPath("node_modules/vitest/vitest.mjs"), "run"], /3 passed/],
  ["node", "node", ["--test", `--conditions=${condition}`], /pass 3\n/],
  [
    "deno",
    "deno",
    // Without permissions but for the sources. `--no-check`: types are checked elsewhere.
    ["test", "--no-lock", "--no-check", `--conditions=${condition}`, "--allow-read", "--allow-env"],
    /3 passed/,
  ],
  ["bun", "bun", ["test", `--conditions=${condition}`], /3 pass\n/],
] as const;

test.concurrent.each(runners)(
  "the example of docs/testing.md for %s runs as it is, and finds faults",
  async (name, program, args, passed) => {
    const file = `./greeter.${name}.test.ts`;
    const right = await run(program, args, file);
    expect(right).toMatchObject({ status: 0, output: expect.stringMatching(passed) });
    if (!isFullDepth) return;
    const source = readFileSync(`${folder}/${file}`, "utf8");
    const wrong = `./wrong.${name}.test.ts`;
    writeFileSync(`${folder}/${wrong}`, source.replaceAll("hello, Ada", "hello, Eve"));
    expect((await run(program, args, wrong)).status).not.toBe(0);
  },
  patience,
);

function run(
  program: string,
  args: readonly string[],
  file: string,
): Promise<{ status: number; output: string }> {
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", VITEST: undefined };
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: patience };
    execFile(bin(program), [...args, file], options, (error, stdout, stderr) => {
      const status = error === null ? 0 : Number(error.code ?? -1);
      resolve({ status, output: `${stdout}${stderr}` });
    });
  });
}
