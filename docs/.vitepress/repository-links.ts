import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { repositoryPath, repositoryUrl } from "./repository.ts";

/**
 * Makes relative links to files outside of `docs` lead to the forge, which has them and the site has
 * not. A file that does not exist ends the build.
 */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? (token.attrGet("href") ?? "") : "";
      if (href.startsWith("../")) token.attrSet("href", resolved(href, env.path));
    }
  });
}

function resolved(href: string, page: string): string {
  const [file, anchor] = href.split("#");
  const path = relative(repositoryPath("."), join(dirname(page), file));
  if (path.startsWith("docs/")) return href;
  if (!existsSync(repositoryPath(path))) throw new Error(`${page} links to ${href}: no such file`);
  const kind = statSync(repositoryPath(path)).isDirectory() ? "tree" : "blob";
  return `${repositoryUrl}/${kind}/main/${path}${anchor === undefined ? "" : `#${anchor}`}`;
}
