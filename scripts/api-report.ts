/**
 * Writes what each package exports into `packages/<name>/api/<entry point>.api.md`, from the built
 * declarations without their comments, so that a change of the surface shows in a diff.
 * `node scripts/api-report.ts --check` fails if a report differs from what is there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "..");
const packages = [
  ...["codec", "websocket", "node-transport", "deno-transport", "bun-transport", "framewright"],
  ...(existsSync(join(root, "packages/cli/package.json")) ? ["cli"] : []),
];

/** The declaration files of the entry points of a package, by the names of their reports. */
function entryPoints(name: string): Map<string, string> {
  const folder = join(root, "packages", name);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = new Map<string, string>();
  const take = (path: string, condition: string, value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { types, ...rest } = value as Record<string, unknown>;
    if (typeof types === "string" && types.endsWith(".d.ts")) {
      const entry = path === "." ? "index" : path.slice(2).replaceAll("/", "-");
      const file = join(folder, types);
      const key = ["node", "deno", "bun", "browser"].includes(condition)
        ? `${entry}.${condition}`
        : entry;
      if (![...files.values()].includes(file)) files.set(key, file);
    }
    for (const [inner, nested] of Object.entries(rest)) {
      take(path, condition === "" ? inner : condition, nested);
    }
  };
  for (const [path, value] of Object.entries(exports ?? {})) take(path, "", value);
  return files;
}

const printer = ts.createPrinter({ removeComments: true });

/** Describes the declarations of one package. */
class Describer {
  private readonly checker: ts.TypeChecker;
  private readonly folder: string;
  /** What the described declarations refer to in the same package. */
  readonly used = new Set<ts.Symbol>();

  constructor(checker: ts.TypeChecker, folder: string) {
    this.checker = checker;
    this.folder = folder;
  }

  /** Follows imports and exports to what they stand for. */
  resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The file of another package, or of the runtime's types, that declares a symbol. */
  private otherFile(target: ts.Symbol): string | undefined {
    return (target.declarations ?? [])
      .map((declaration) => declaration.getSourceFile().fileName)
      .find((file) => !file.startsWith(`${this.folder}/`));
  }

  /** Returns the text of a symbol's declarations, or the name of its package if that is another. */
  describe(symbol: ts.Symbol): string {
    const target = this.resolve(symbol);
    const other = this.otherFile(target);
    if (other !== undefined) {
      const [, name = "the runtime"] = /\/packages\/([\w-]+)\//.exec(other) ?? [];
      return `// ${symbol.name} is that of ${name}`;
    }
    return (target.declarations ?? [])
      .map((declaration) => {
        const whole = ts.isVariableDeclaration(declaration)
          ? declaration.parent.parent
          : declaration;
        const node = ts.isClassDeclaration(whole) ? withoutPrivate(whole) : whole;
        this.follow(node);
        return printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
      })
      .join("\n");
  }

  /** Notes what a declaration refers to. */
  private follow(node: ts.Node): void {
    const symbol = ts.isIdentifier(node) ? this.checker.getSymbolAtLocation(node) : undefined;
    if (symbol !== undefined) {
      const target = this.resolve(symbol);
      const [declaration] = target.declarations ?? [];
      const isTopLevel = declaration !== undefined && isNamedStatement(declaration);
      if (isTopLevel && this.otherFile(target) === undefined) this.used.add(target);
    }
    ts.forEachChild(node, (child) => this.follow(child));
  }
}

function isNamedStatement(node: ts.Node): boolean {
  return (
    (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent)) ||
    ((ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isFunctionDeclaration(node)) &&
      ts.isSourceFile(node.parent))
  );
}

/** Private members are in declarations, and not for users. */
function withoutPrivate(node: ts.ClassDeclaration): ts.ClassDeclaration {
  const members = node.members.filter(
    (member) =>
      !ts.canHaveModifiers(member) ||
      !ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword),
  );
  return ts.factory.updateClassDeclaration(
    node,
    node.modifiers,
    node.name,
    node.typeParameters,
    node.heritageClauses,
    members,
  );
}

/** Returns the text of a report. */
function report(name: string, entry: string, file: string, program: ts.Program): string {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} has no exports: run npm run build`);
  const folder = join(root, "packages", name, "dist");
  const describer = new Describer(checker, folder);
  const sorted = (symbols: Iterable<ts.Symbol>) =>
    [...symbols].sort((a, b) => (a.name < b.name ? -1 : 1));
  const exported = sorted(checker.getExportsOfModule(module));
  const known = new Set(exported.map((symbol) => describer.resolve(symbol)));
  const texts = exported.map((symbol) => describer.describe(symbol));
  const hidden: string[] = [];
  for (;;) {
    const next = sorted(describer.used).filter((symbol) => !known.has(symbol));
    if (next.length === 0) break;
    for (const symbol of next) {
      known.add(symbol);
      hidden.push(describer.describe(symbol));
    }
  }
  if (hidden.length > 0) texts.push("// Not exported, but part of what is:", ...hidden);
  return [
    `# ${name}: ${entry}`,
    "",
    "Written by `npm run api`. Do not edit.",
    "",
    "```ts",
    texts.join("\n\n"),
    "```",
    "",
  ].join("\n");
}

/** Returns the paths of the reports that differ from the built declarations, relative to the root. */
export function staleReports(isWriting: boolean): string[] {
  const reports = packages.flatMap((name) =>
    [...entryPoints(name)].map(([entry, file]) => ({ name, entry, file })),
  );
  const program = ts.createProgram(
    reports.map(({ file }) => file),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
      types: [],
    },
  );
  return reports.flatMap(({ name, entry, file }) => {
    const path = `packages/${name}/api/${entry}.api.md`;
    const text = report(name, entry, file, program);
    const full = join(root, path);
    if (existsSync(full) && readFileSync(full, "utf8") === text) return [];
    if (isWriting) {
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
    }
    return [path];
  });
}

if (import.meta.main) {
  const isChecking = process.argv.includes("--check");
  const stale = staleReports(!isChecking);
  for (const path of stale) console.log(`${isChecking ? "stale" : "written"}: ${path}`);
  if (isChecking && stale.length > 0) {
    console.log("the surface has changed: run npm run api, and look at the difference");
    process.exitCode = 1;
  }
}
