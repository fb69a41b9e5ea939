import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { repositoryPath, repositoryUrl } from "./repository.ts";

/**
 * Makes pages that are written for the forge right on the site. Relative links to files outside of
 * `docs` lead to the forge, which has them. A file that does not exist ends the build. `docs/index.md`
 * includes parts of the README, whose links are relative to the repository. A picture with a source
 * for each colour scheme of the system follows the switch of the site.
 */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    for (const token of tokens.flatMap((outer) => [outer, ...(outer.children ?? [])])) {
      if (token.type === "link_open")
        token.attrSet("href", resolved(token.attrGet("href") ?? "", env.path));
      if (token.type === "html_block") token.content = switchable(token.content);
    }
  });
}

function resolved(href: string, page: string): string {
  if (/^(\w+:|#|\/)/.test(href)) return href;
  const [file, anchor] = href.split("#");
  const base = page === repositoryPath("docs/index.md") ? repositoryPath(".") : dirname(page);
  const path = relative(repositoryPath("."), join(base, file));
  const end = anchor === undefined ? "" : `#${anchor}`;
  if (path.startsWith("docs/") && !existsSync(join(dirname(page), file)))
    return `/${path.slice(5)}${end}`;
  if (path.startsWith("docs/")) return href;
  if (!existsSync(repositoryPath(path))) throw new Error(`${page} links to ${href}: no such file`);
  const kind = statSync(repositoryPath(path)).isDirectory() ? "tree" : "blob";
  return `${repositoryUrl}/${kind}/main/${path}${end}`;
}

/** Two images instead of a picture, one of which the style sheet hides. */
function switchable(html: string): string {
  return html.replaceAll(
    /<picture>.*?srcset="(.+?)".*?src="(.+?)"(.*?)>.*?<\/picture>/gs,
    (_, dark: string, light: string, rest: string) => {
      const image = (scheme: string, path: string) =>
        `<img class="chart-${scheme}" src="./${path.replace(/^docs\//, "")}"${rest}>`;
      return `<p class="chart">${image("light", light)}${image("dark", dark)}</p>`;
    },
  );
}
