/** For each host and port to which a connection is being opened: the end of its line. */
const lines = new Map<string, Promise<unknown>>();

/**
 * Opens connections to one host and port one after the other, and to others meanwhile
 * (RFC 6455 section 4.1): a server that is slow to answer is not asked many times at once.
 *
 * @param address - Host name and port. A name counts as a host of its own, because the runtimes do not
 *   tell which address they are about to connect to.
 * @param open - Called at once when nobody is before it; its failure lets the next one go, too.
 */
export function openInTurn<T>(address: string, open: () => Promise<T>): Promise<T> {
  const before = lines.get(address);
  const opened = before === undefined ? open() : before.then(open);
  const over = opened.then(ignore, ignore);
  lines.set(address, over);
  over.then(() => {
    if (lines.get(address) === over) lines.delete(address);
  });
  return opened;
}

function ignore(): void {}
