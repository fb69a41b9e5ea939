/** Minimum number of statements with MUST, MUST NOT, SHOULD or SHOULD NOT per section of an RFC. */
export type SectionCounts = readonly (readonly [section: string, count: number])[];

/**
 * Occurrences of MUST, MUST NOT, SHOULD and SHOULD NOT in each section of RFC 6455 with its own
 * text, counted in the RFC. (REQUIRED, SHALL and RECOMMENDED do not occur in sections 3 to 10.) A
 * section with 0 states only facts.
 */
const rfc6455: SectionCounts = [
  ["3", 2],
  ["4.1", 42],
  ["4.2", 0],
  ["4.2.1", 2],
  ["4.2.2", 10],
  ["4.3", 1],
  ["4.4", 1],
  ["5.1", 4],
  ["5.2", 10],
  ["5.3", 4],
  ["5.4", 10],
  ["5.5", 2],
  ["5.5.1", 8],
  ["5.5.2", 2],
  ["5.5.3", 0],
  ["5.6", 1],
  ["5.7", 0],
  ["5.8", 1],
  ["6.1", 8],
  ["6.2", 5],
  ["7.1.1", 4],
  ["7.1.2", 2],
  ["7.1.3", 0],
  ["7.1.4", 0],
  ["7.1.5", 0],
  ["7.1.6", 0],
  ["7.1.7", 6],
  ["7.2.1", 3],
  ["7.2.2", 1],
  ["7.2.3", 3],
  ["7.3", 1],
  ["7.4", 0],
  ["7.4.1", 4],
  ["7.4.2", 0],
  ["8.1", 1],
  ["9", 2],
  ["9.1", 5],
  ["9.2", 0],
  ["10.1", 0],
  ["10.2", 2],
  ["10.3", 1],
  ["10.4", 2],
  ["10.5", 0],
  ["10.6", 2],
  ["10.7", 3],
  ["10.8", 0],
];

/**
 * The same for RFC 7692, but counted in our page. This detects lost rows, but does not show that
 * the page is complete. RECOMMENDED counts as SHOULD, as in RFC 2119.
 */
const rfc7692: SectionCounts = [
  ["5", 2],
  ["5.1", 3],
  ["6", 2],
  ["6.1", 4],
  ["6.2", 0],
  ["7", 8],
  ["7.1.1.1", 1],
  ["7.1.1.2", 2],
  ["7.1.2.1", 2],
  ["7.1.2.2", 3],
  ["7.2.1", 8],
  ["7.2.2", 4],
  ["7.2.3", 0],
  ["8", 0],
];

/** The pages that list the statements of an RFC. */
export const rfcPages = [
  { page: "docs/rfc6455.md", sections: rfc6455 },
  { page: "docs/rfc7692.md", sections: rfc7692 },
];
