import { expect, test } from "vitest";
import { allServerParts } from "../../src/server/all-server-parts.ts";
import type { ServeOptions } from "../../src/server/serve-options.ts";
import { loadServerParts } from "../../src/server/server-parts.ts";

const namesFor = async (options: ServeOptions) =>
  Object.keys((await loadServerParts(options)) ?? {}).sort();

test("the usual options need nothing", () => {
  const usual: ServeOptions = {
    port: 0,
    accept: () => undefined,
    message: () => {},
    http: () => ({ status: 200 }),
    compression: false,
    subprotocols: ["chat"],
  };
  for (const options of [{}, usual]) expect(loadServerParts(options)).toBeUndefined();
});

test.each<[ServeOptions, string[]]>([
  [{ compression: {} }, ["compression"]],
  [{ origins: "same" }, ["origins"]],
  [{ perClient: {} }, ["perClient"]],
  [{ maxConnections: 1 }, ["maxConnections"]],
  [{ tls: { cert: "", key: "" } }, ["tls"]],
  [{ routes: {} }, ["routes"]],
  [
    { routes: { "/a": { compression: true }, "/b": { origins: [] } } },
    ["compression", "origins", "routes"],
  ],
])("an option that needs a part: case %#", async (options, names) => {
  expect(await namesFor(options)).toEqual(names);
});

test("what is no object has no options", async () => {
  for (const routes of [null, 7, "x", [null]]) {
    expect(await namesFor({ routes } as never)).toEqual(["routes"]);
  }
});

test("all parts are what can be loaded, but TLS", async () => {
  const every = {
    compression: true,
    messageRate: null,
    messageStream: null,
    maxConnections: 1,
    perClient: {},
    origins: "any",
    routes: {},
  } as never;
  expect(await loadServerParts(every)).toEqual(allServerParts);
});
