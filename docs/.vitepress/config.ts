import { defineConfig } from "vitepress";
import { repositoryUrl } from "./repository.ts";
import { repositoryLinks } from "./repository-links.ts";
import { referenceSidebar, sidebar } from "./sidebar.ts";

const pages = sidebar();

export default defineConfig({
  title: "Framewright",
  description: "WebSocket server and client for Node, Deno and Bun",
  lang: "en-GB",
  cleanUrls: true,
  outDir: ".vitepress/dist",
  cacheDir: ".vitepress/cache",
  head: [
    ["link", { rel: "icon", href: "/mark.svg", type: "image/svg+xml" }],
    ["meta", { name: "theme-color", content: "#9a4216" }],
  ],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-default" },
    // As the forge makes anchors, so that one link works in both places.
    anchor: { slugify: forgeSlug },
    config: repositoryLinks,
  },
  themeConfig: {
    logo: { src: "/mark.svg", alt: "" },
    nav: [
      { text: "Guide", link: firstOf("Guide") ?? "/connecting", activeMatch: "/guide/" },
      { text: "Errors", link: "/errors" },
      { text: "Reference", link: "/reference/", activeMatch: "/reference/" },
      { text: "Performance", link: "/performance" },
      // Not a page of this application.
      { text: "Inspector", link: "/inspect/", target: "_self" },
    ],
    sidebar: { "/": pages, "/reference/": [...referenceSidebar(), ...pages] },
    outline: { level: [2, 3] },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: repositoryUrl, ariaLabel: "Source" }],
    editLink: { pattern: `${repositoryUrl}/edit/main/docs/:path`, text: "Edit this page" },
    footer: { message: "MIT licence" },
  },
});

/** "What about HTTP/2?" is #what-about-http2 on the forge. */
function forgeSlug(text: string): string {
  const letters = text.trim().toLowerCase();
  return letters.replaceAll(/[^\p{L}\p{M}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
}

/** The link of a group's first page. */
function firstOf(text: string): string | undefined {
  const group = pages.find((candidate) => candidate.text === text);
  return group?.link ?? group?.items?.[0].link;
}
