/**
 * Creates the error of a failed system call, with the code that it has in Node.
 *
 * @param call - Such as "write".
 * @param code - Such as "ECONNRESET".
 */
export function systemError(call: string, code: string): Error {
  const error: Error & { code?: string } = new Error(`${call} ${code}`);
  error.code = code;
  return error;
}
