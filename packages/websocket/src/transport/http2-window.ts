/** The used part of a session of `node:http2`. */
export interface WindowedSession {
  readonly destroyed?: boolean | undefined;
  readonly state?: { readonly effectiveLocalWindowSize?: number | undefined } | undefined;
  setLocalWindowSize?(size: number): void;
}

/**
 * Raises the flow-control window of a connection (RFC 9113 section 6.9.2), unless it is as large
 * already. The windows of the streams stay as they are. Those bound what is received and not read:
 * the window of a connection opens again when bytes arrive, whether they are read or not.
 *
 * @param window - In bytes; undefined to leave the window as it is.
 */
export function raiseWindow(
  session: WindowedSession | undefined,
  window: number | undefined,
): void {
  if (window === undefined || session?.destroyed !== false) return;
  const size = session.state?.effectiveLocalWindowSize ?? window;
  if (size < window) session.setLocalWindowSize?.(window);
}
