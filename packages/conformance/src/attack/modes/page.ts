import type { Mode } from "../subject.ts";

/** Length of the large answer, in bytes. */
export const pageLength = 25_165_824;

/** The octet of the large answer at an index. */
export function pageOctet(index: number): number {
  return (index * 31 + (index >> 16)) & 0xff;
}

/** Answers plain HTTP with a page that takes long to read. */
export const page: Mode = () => {
  const body = Uint8Array.from({ length: pageLength }, (_, index) => pageOctet(index));
  return { http: () => ({ status: 200, body }) };
};
