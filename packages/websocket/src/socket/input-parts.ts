/**
 * What handles the input of sockets with the option `messageRate` or the handler `messageStream`.
 *
 * @module
 */
export { createStream } from "./incoming-stream.ts";
export { createRateLimit } from "./rate-limit.ts";
