/** Resolves a host name to its IP addresses; family 0 stands for both. Rejects if there are none. */
export type ResolveName = (hostname: string, family: 0 | 4 | 6) => Promise<readonly string[]>;

/** The used part of `node:dns`. */
interface DnsModule {
  readonly promises: {
    lookup(
      hostname: string,
      options: { family: number; all: true },
    ): Promise<readonly { readonly address: string }[]>;
  };
}

/**
 * Makes a function that resolves host names as the system does, hosts file included.
 *
 * @param load - Returns `node:dns`.
 */
export function nameResolver(load: () => Promise<unknown>): ResolveName {
  return async (hostname, family) => {
    const { promises } = (await load()) as DnsModule;
    const found = await promises.lookup(hostname, { family, all: true });
    return found.map(({ address }) => address);
  };
}
