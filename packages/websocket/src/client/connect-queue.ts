/** For each host and port, or Unix socket, the end of its last queued connection attempt. Never rejects. */
const lastAttempts = new Map<string, Promise<unknown>>();

/**
 * Opens connections to one host and port one after the other (RFC 6455 section 4.1), so that a slow
 * server does not get many attempts at once. Other hosts and ports do not wait.
 *
 * @param address - Host name and port, or the path of a Unix socket. Each name counts as a host, because the runtimes do not
 *   report which IP address they are about to connect to.
 * @param open - Opens the connection. Called at once if no attempt is in progress, otherwise when
 *   the previous attempt has succeeded or failed.
 */
export function openInTurn<T>(address: string, open: () => Promise<T>): Promise<T> {
  const previous = lastAttempts.get(address);
  const opened = previous === undefined ? open() : previous.then(open);
  const settled = opened.then(ignore, ignore);
  lastAttempts.set(address, settled);
  settled.then(() => {
    if (lastAttempts.get(address) === settled) lastAttempts.delete(address);
  });
  return opened;
}

function ignore(): void {}
