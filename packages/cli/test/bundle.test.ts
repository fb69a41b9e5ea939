import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("the notices have the licence of every package in the bundle, and of no other", () => {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: ["packages/cli/src/main.ts"],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    outdir: "out",
    external: ["framewright", "@framewright/*"],
  });
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/[^/]+/.exec(path) ?? []),
  );
  const notices = readFileSync(`${root}packages/framewright/LICENSE-THIRD-PARTY`, "utf8");
  const titles: string[] = [];
  for (const folder of folders) {
    const { name, version } = JSON.parse(readFileSync(`${root}${folder}/package.json`, "utf8"));
    const file = readdirSync(`${root}${folder}`).find((path) => /^licen[cs]e/i.test(path));
    const licence = readFileSync(`${root}${folder}/${file}`, "utf8").trim();
    expect(notices, folder).toContain(licence);
    titles.push(`${name} ${version}`);
  }
  const listed = [...notices.matchAll(/^-+\n\n(\S+ \S+) \(/gm)].map(([, title]) => title);
  expect(listed.sort()).toEqual(titles.sort());
});
