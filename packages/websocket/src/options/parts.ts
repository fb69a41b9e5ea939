/** How to load what only some options need, by the name of the option. */
export type PartImports = Readonly<Record<string, () => Promise<unknown>>>;

/** What is loaded of it. */
export type Parts<Imports extends PartImports> = {
  readonly [Name in keyof Imports]?: Awaited<ReturnType<Imports[Name]>>;
};

/**
 * Loads what options need. Programs that use none of those options do not even have that code in
 * their bundle's first file. A function that must validate its options at once imports it instead.
 *
 * @param options - Objects with options, which need not be valid.
 * @returns Undefined if nothing is to be loaded, so that there is nothing to wait for. Rejects with
 *   the runtime's error, which names the missing file.
 */
export function loadParts<Imports extends PartImports>(
  imports: Imports,
  options: readonly unknown[],
): Promise<Parts<Imports>> | undefined {
  // `false` turns compression off. Of other options it may be a mistake, which their part reports.
  const isSet = (name: string) =>
    options.some((given) => {
      const value = (given as Record<string, unknown> | null | undefined)?.[name];
      return value !== undefined && !(name === "compression" && value === false);
    });
  const names = Object.keys(imports).filter(isSet);
  return names.length === 0 ? undefined : loadAll(imports, names);
}

async function loadAll<Imports extends PartImports>(
  imports: Imports,
  names: readonly string[],
): Promise<Parts<Imports>> {
  const loaded = names.map(async (name) => [name, await imports[name]()]);
  return Object.fromEntries(await Promise.all(loaded)) as Parts<Imports>;
}
