/**
 * Throws if the operating system does not have the name of a Unix socket.
 *
 * @param path - A path, or a NUL character and an abstract name.
 * @param platform - `process.platform`.
 */
export function checkSocketPath(path: string, platform: string): void {
  if (path.startsWith("\0") && platform !== "linux")
    throw new Error(`abstract socket names exist on Linux alone, not on ${platform}`);
}
