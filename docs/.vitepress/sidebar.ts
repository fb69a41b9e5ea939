import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";
import { repositoryPath } from "./repository.ts";

interface Group {
  readonly text: string;
  /** Pages without ".md", in the order of the sidebar. A folder adds those that are not listed. */
  readonly pages: readonly string[];
  readonly folder?: string;
}

const groups: readonly Group[] = [
  {
    text: "Guide",
    folder: "guide",
    pages: [
      "guide/index",
      "guide/install",
      "guide/first-server",
      "guide/first-client",
      "guide/authentication",
      "guide/rooms",
      "guide/backpressure",
      "guide/heartbeats",
      "guide/limits",
      "guide/shutdown",
      "guide/compression",
      "guide/proxies-and-balancers",
      "guide/http-frameworks",
      "guide/metrics-and-logs",
      "guide/testing",
      "guide/many-machines",
      "guide/security",
    ],
  },
  {
    text: "In depth",
    pages: [
      "connecting",
      "proxies",
      "reconnecting",
      "streams",
      "websocket-class",
      "http-servers",
      "http2",
      "compression",
      "deployment",
      "observability",
      "testing",
      "runtimes",
      "reliability",
      "cli",
      "inspector",
    ],
  },
  {
    text: "Coming from",
    folder: "coming-from",
    pages: [
      "coming-from/ws",
      "coming-from/bun-serve",
      "coming-from/deno-upgrade",
      "coming-from/uwebsockets",
      "coming-from/socket-io",
    ],
  },
  { text: "Errors", pages: ["errors"] },
  {
    text: "Codec",
    folder: "codec",
    pages: [
      "codec/index",
      "codec/frames",
      "codec/sans-io",
      "codec/in-a-browser",
      "codec/transport",
      "writing-a-transport",
    ],
  },
  { text: "Reference", pages: ["reference/index"] },
  { text: "Performance", pages: ["performance"] },
  { text: "RFC maps", pages: ["rfc6455", "rfc7692"] },
  { text: "Stability", pages: ["stability", "packages"] },
  {
    text: "Internals",
    pages: ["architecture", "security-model", "security-history", "attacks", "runtime-internals"],
  },
];

const docsPath = (path: string) => repositoryPath(`docs/${path}`);

/** The names of the pages of a group, without those that do not exist. */
function pagesOf({ folder, pages }: Group): string[] {
  const found =
    folder !== undefined && existsSync(docsPath(folder))
      ? readdirSync(docsPath(folder)).filter((name) => name.endsWith(".md"))
      : [];
  const others = found.map((name) => `${folder}/${name.slice(0, -3)}`).sort();
  return [...new Set([...pages, ...others])].filter((page) => existsSync(docsPath(`${page}.md`)));
}

/** The first heading of a page, without marks of Markdown. */
function titleOf(page: string): string {
  const text = readFileSync(docsPath(`${page}.md`), "utf8");
  return /^# (.+)$/m.exec(text)?.[1].replaceAll(/[`*]/g, "") ?? page;
}

const linkOf = (page: string) => `/${page.replace(/index$/, "")}`;

/** The groups of the sidebar that have pages. One with a single page is its link. */
export function sidebar(): DefaultTheme.SidebarItem[] {
  return groups
    .map((group) => ({ text: group.text, pages: pagesOf(group) }))
    .filter(({ pages }) => pages.length > 0)
    .map(({ text, pages }) => {
      const items = pages.map((page) => ({ text: titleOf(page), link: linkOf(page) }));
      return pages.length === 1 ? { text, link: items[0].link } : { text, items };
    });
}

/** The reference's own tree of modules, which TypeDoc writes. */
export function referenceSidebar(): DefaultTheme.SidebarItem[] {
  const path = docsPath("reference/typedoc-sidebar.json");
  if (!existsSync(path)) return [];
  const modules: DefaultTheme.SidebarItem[] = JSON.parse(readFileSync(path, "utf8"));
  const [main, subpaths] = [true, false].map((isModule) =>
    modules.filter(({ link }) => (link !== undefined) === isModule),
  );
  const named = subpaths.map((group) => ({
    ...group,
    text: `${group.text}/...`,
    collapsed: false,
  }));
  return [...main.map((module) => ({ ...module, collapsed: false })), ...named];
}
