import { typeError } from "@framewright/codec/internal";

/** The parameter that one segment of a pattern declares. */
type SegmentParameters<Segment extends string> = Segment extends `:${infer Name}`
  ? { readonly [Key in Name]: string }
  : Segment extends "*"
    ? { readonly "*": string }
    : unknown;

/**
 * The parameters of a path pattern by name: `PathParameters<"/rooms/:room">` is `{ room: string }`.
 */
export type PathParameters<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : Pattern extends `${infer First}/${infer Rest}`
    ? SegmentParameters<First> & PathParameters<Rest>
    : SegmentParameters<Pattern>;

/** A segment that a URL parser removes, also if its dots are percent-encoded. */
const dotSegment = /^(?:\.|%2e){1,2}$/i;

/**
 * Splits a path into decoded segments.
 *
 * @param path - Starts with a slash.
 * @returns Undefined if a URL parser would read the path in another way: code that checks its `URL`
 *   would then see another path than the router.
 * @throws URIError if the percent-encoding is malformed.
 */
export function pathSegments(path: string): string[] | undefined {
  const segments = path.slice(1).split("/");
  if (path.includes("\\") || segments.some((segment) => dotSegment.test(segment))) return undefined;
  return segments.map(decodeURIComponent);
}

/** Kinds of segments, the most specific first. */
const Kind = { Literal: 0, Parameter: 1, Rest: 2 } as const;

interface Segment {
  readonly kind: (typeof Kind)[keyof typeof Kind];
  /** The text of a literal, decoded, or the name of a parameter. */
  readonly text: string;
}

/** A pattern of paths, such as `/rooms/:room` or `/files/*`. */
export class PathPattern {
  readonly source: string;
  private readonly segments: readonly Segment[];

  /** @throws TypeError if the pattern is malformed. */
  constructor(source: string) {
    this.source = source;
    if (!source.startsWith("/")) throw malformed(source, "it must start with a slash");
    const parts = source.slice(1).split("/");
    this.segments = parts.map((part, index) =>
      parseSegment(source, part, index === parts.length - 1),
    );
    const names = this.segments.filter(({ kind }) => kind !== Kind.Literal).map(({ text }) => text);
    if (new Set(names).size < names.length) throw malformed(source, "a name occurs twice");
  }

  /**
   * Matches decoded segments. A parameter takes one segment that is not empty, a last `*` all that
   * remain.
   *
   * @returns The parameters, or undefined if the pattern does not match.
   */
  match(segments: readonly string[]): Record<string, string> | undefined {
    const { segments: pattern } = this;
    const hasRest = pattern[pattern.length - 1].kind === Kind.Rest;
    if (hasRest ? segments.length < pattern.length : segments.length !== pattern.length) {
      return undefined;
    }
    // Without a prototype, because names such as `__proto__` are allowed.
    const parameters: Record<string, string> = Object.create(null);
    for (const [index, { kind, text }] of pattern.entries()) {
      const segment = segments[index];
      if (kind === Kind.Rest) parameters["*"] = segments.slice(index).join("/");
      else if (kind === Kind.Parameter && segment !== "") parameters[text] = segment;
      else if (kind === Kind.Parameter || segment !== text) return undefined;
    }
    return parameters;
  }

  /** Sorts patterns so that the first one that matches is the most specific. */
  static compare(this: void, a: PathPattern, b: PathPattern): number {
    for (let index = 0; index < Math.min(a.segments.length, b.segments.length); index++) {
      const difference = a.segments[index].kind - b.segments[index].kind;
      if (difference !== 0) return difference;
    }
    return b.segments.length - a.segments.length;
  }

  /** Whether two patterns match the same paths. */
  equals(other: PathPattern): boolean {
    const shape = ({ segments }: PathPattern) =>
      JSON.stringify(segments.map(({ kind, text }) => (kind === Kind.Literal ? text : kind)));
    return shape(this) === shape(other);
  }
}

function parseSegment(source: string, part: string, isLast: boolean): Segment {
  if (part === "*") {
    if (!isLast) throw malformed(source, "only the last segment may be *");
    return { kind: Kind.Rest, text: "*" };
  }
  if (part.startsWith(":")) {
    const text = part.slice(1);
    if (!/^\w+$/.test(text)) throw malformed(source, "a name consists of letters, digits and _");
    return { kind: Kind.Parameter, text };
  }
  if (/[*?#\\]/.test(part) || dotSegment.test(part)) {
    throw malformed(source, `no path has the segment ${JSON.stringify(part)}`);
  }
  try {
    return { kind: Kind.Literal, text: decodeURIComponent(part) };
  } catch {
    throw malformed(source, "its percent-encoding is malformed");
  }
}

function malformed(source: string, reason: string): TypeError {
  const message = `option routes has the pattern ${JSON.stringify(source)}: ${reason}`;
  return typeError("WS_ERR_INVALID_OPTION", message);
}
