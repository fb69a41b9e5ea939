/** Where a `ws+unix:` URL leads. */
export interface UnixTarget {
  /** The path of the socket file, or a NUL character and an abstract name (Linux). */
  readonly socketPath: string;
  /** The path and query that follow the first colon, not yet encoded. "/" if there are none. */
  readonly target: string;
}

/**
 * The longest path in bytes. Linux has 108 bytes for it and its final NUL character, or for the NUL
 * character before an abstract name. Longer ones would be cut off by some systems.
 */
export const maxSocketPathLength = 107;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
const controlCharacter = /[\0-\x1f\x7f]/;

/**
 * Takes the part of a `ws+unix:` URL after the scheme apart: `/run/app.sock:/chat?room=1`. The form
 * is that of `ws`. The path ends at the first colon. It is percent-decoded, so that it can have any
 * character.
 *
 * An abstract name is written as `@name`, as Linux prints it. A file whose relative path starts with
 * "@" is written as `./@name`.
 *
 * @param rest - Without a fragment.
 * @param fail - Creates the error from its reason.
 * @throws What `fail` returns.
 */
export function parseUnixTarget(rest: string, fail: (what: string) => Error): UnixTarget {
  // Parsers of URLs silently remove some of these characters.
  if (controlCharacter.test(rest)) throw fail("control characters must be percent-encoded");
  // `//` starts an authority, which must be empty, as in `file:` URLs.
  const authority = /^\/\/([^/?]*)/.exec(rest);
  if (authority !== null && authority[1] !== "")
    throw fail("a ws+unix URL has no host: write ws+unix:/path/to.sock:/target");
  const address = authority === null ? rest : rest.slice(2);
  const query = address.indexOf("?");
  const colon = (query < 0 ? address : address.slice(0, query)).indexOf(":");
  const end = colon >= 0 ? colon : query >= 0 ? query : address.length;
  const target = address.slice(colon < 0 ? end : colon + 1);
  if (target !== "" && !/^[/?]/.test(target)) throw fail("the request target must start with /");
  const path = decodePath(address.slice(0, end), fail);
  const isAbstract = path.startsWith("@");
  return {
    socketPath: isAbstract ? `\0${path.slice(1)}` : path,
    target: target.startsWith("/") ? target : `/${target}`,
  };
}

function decodePath(encoded: string, fail: (what: string) => Error): string {
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    throw fail("the path of the socket is not valid percent-encoded UTF-8");
  }
  if (path === "" || path === "@") throw fail("the path of the socket is missing");
  if (path.endsWith("/") && !path.startsWith("@")) throw fail("the path of the socket is a folder");
  // A NUL character would end the path for the operating system.
  if (path.includes("\0")) throw fail("the path of the socket must not contain a NUL character");
  return path;
}
