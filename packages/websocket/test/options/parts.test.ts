import { expect, test } from "vitest";
import { loadParts } from "../../src/options/parts.ts";

/** Notes which parts are loaded. */
function counted() {
  const loaded: string[] = [];
  const part = (name: string) => async () => {
    loaded.push(name);
    return `the part of ${name}`;
  };
  return { loaded, imports: { compression: part("compression"), routes: part("routes") } };
}

test("nothing is loaded, and there is nothing to wait for, if no such option is set", () => {
  const { loaded, imports } = counted();
  for (const options of [[], [{}], [{ port: 1, routes: undefined }, null, undefined, 7]]) {
    expect(loadParts(imports, options)).toBeUndefined();
  }
  expect(loaded).toEqual([]);
});

test("what one of several objects needs is loaded once", async () => {
  const { loaded, imports } = counted();
  expect(await loadParts(imports, [{}, { routes: {} }, { routes: null }])).toEqual({
    routes: "the part of routes",
  });
  expect(loaded).toEqual(["routes"]);
});

test("only compression is turned off by false: of other options it is a mistake to report", () => {
  const { imports } = counted();
  expect(loadParts(imports, [{ compression: false }])).toBeUndefined();
  expect(loadParts(imports, [{ routes: false }])).toBeInstanceOf(Promise);
});

test("a part that cannot be loaded rejects with the runtime's error", async () => {
  const missing = () => import(`./${"missing"}.ts`);
  await expect(loadParts({ routes: missing }, [{ routes: {} }])).rejects.toThrow(/missing/);
});
