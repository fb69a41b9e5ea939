/** Writes the reference, docs/reference, from the docstrings of what the umbrella package exports. */
import { existsSync, rmSync } from "node:fs";
import { Application, type ProjectReflection } from "typedoc";
import { repositoryPath } from "./repository.ts";

/** The name of each entry point, by its source file. */
const entryPoints: Record<string, string> = {
  node: "framewright",
  client: "framewright/client",
  codec: "framewright/codec",
  frame: "framewright/frame",
  handshake: "framewright/handshake",
  testing: "framewright/testing",
  "web-node": "framewright/web",
};

/** @throws Error if TypeDoc warns, of a link that leads nowhere for example. */
export async function writeReference(): Promise<void> {
  const out = repositoryPath("docs/reference");
  rmSync(out, { recursive: true, force: true });
  const options = {
    entryPoints: Object.keys(entryPoints)
      .map((name) => repositoryPath(`packages/framewright/src/${name}.ts`))
      .filter((path) => existsSync(path)),
    tsconfig: repositoryPath("docs/.vitepress/reference.tsconfig.json"),
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    out,
    docsRoot: repositoryPath("docs"),
    readme: "none",
    name: "Reference",
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    parametersFormat: "table",
    enumMembersFormat: "table",
    propertyMembersFormat: "list",
    useCodeBlocks: true,
    expandObjects: false,
    sidebar: { autoConfiguration: true, pretty: true, collapsed: true },
    entryFileName: "index",
    validation: { notExported: false, invalidLink: true, notDocumented: false },
  };
  const app = await Application.bootstrapWithPlugins(options as object);
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc cannot read the sources");
  nameModules(project);
  app.validate(project);
  await app.generateOutputs(project);
  const { errorCount, warningCount } = app.logger;
  if (errorCount + warningCount > 0)
    throw new Error(`TypeDoc has ${errorCount} errors and ${warningCount} warnings`);
}

/** Names the modules as they are imported. */
function nameModules(project: ProjectReflection): void {
  for (const module of project.children ?? []) {
    module.name = entryPoints[module.name] ?? module.name;
  }
}
