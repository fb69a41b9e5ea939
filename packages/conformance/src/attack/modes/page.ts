import type { Mode } from "../subject-types.ts";

/** Length of the large response in bytes. */
export const pageLength = 25_165_824;

/** Returns the byte of the large response at an index. */
export function pageOctet(index: number): number {
  return (index * 31 + (index >> 16)) & 0xff;
}

/** Answers plain HTTP requests with a large page. */
export const page: Mode = () => {
  const body = new Uint8Array(pageLength).map((_, index) => pageOctet(index));
  return { http: () => ({ status: 200, body }) };
};
