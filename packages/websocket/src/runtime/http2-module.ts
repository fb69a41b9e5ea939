/** The used part of `node:http2`. */
export interface Http2Module {
  connect(authority: string, options: object): unknown;
}
