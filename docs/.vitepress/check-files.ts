import { readdirSync, readFileSync } from "node:fs";

/** What a check found. It has passed without faults. */
export interface CheckResult {
  readonly name: string;
  readonly faults: readonly string[];
}

interface Page {
  /** Path on the site, such as "/guide/install". */
  readonly path: string;
  readonly html: string;
  readonly ids: ReadonlySet<string>;
}

/** Checks links, anchors, images and the sidebar of the built pages. */
export function checkFiles(dist: string): CheckResult[] {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  const pages = files.filter((file) => file.endsWith(".html") && file !== "404.html");
  const site = new Map(pages.map((file) => [pathOf(file), readPage(`${dist}/${file}`, file)]));
  const assets = new Set(files.map((file) => `/${file}`));
  const home = site.get("/errors")?.html ?? "";
  const unlisted = [...site.keys()].filter(
    (path) =>
      path !== "/" && !/^\/(reference|inspect)\//.test(path) && !home.includes(`href="${path}"`),
  );
  return [
    {
      name: "links and anchors",
      faults: [...site.values()].flatMap((page) => deadLinks(page, site, assets)),
    },
    { name: "each page is in the sidebar", faults: unlisted },
    {
      name: "the search has an index",
      faults: files.some((file) => /localSearchIndex/.test(file)) ? [] : ["none"],
    },
    { name: "the site has pages", faults: site.size > 100 ? [] : [`only ${site.size}`] },
  ];
}

function pathOf(file: string): string {
  return `/${file.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, "")}`;
}

function readPage(path: string, file: string): Page {
  const html = readFileSync(path, "utf8");
  return {
    path: pathOf(file),
    html,
    ids: new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => unescaped(id))),
  };
}

const unescaped = (text: string) =>
  text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");

function deadLinks(
  page: Page,
  site: ReadonlyMap<string, Page>,
  assets: ReadonlySet<string>,
): string[] {
  const targets = [...page.html.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, target]) =>
    unescaped(target),
  );
  return [...new Set(targets)].flatMap((target) => {
    if (/^(https?:|data:|mailto:)/.test(target)) return [];
    const { pathname, hash } = new URL(target, `http://site${page.path}`);
    const path = decodeURIComponent(pathname);
    if (assets.has(path) && !path.endsWith(".html")) return [];
    const found = site.get(path) ?? site.get(path.replace(/\.html$/, ""));
    if (found === undefined) return [`${page.path} links to ${target}: no such page`];
    const isDead = hash.length > 1 && !found.ids.has(decodeURIComponent(hash.slice(1)));
    return isDead ? [`${page.path} links to ${target}: no such anchor`] : [];
  });
}
