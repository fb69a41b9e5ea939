/** Longest wait for an answer, in milliseconds. */
const patience = 30_000;

/** Sends a plain HTTP request to a server on this machine, and returns the JSON of its answer. */
export async function askServer<T>(
  port: number,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<T> {
  const url = `http://127.0.0.1:${port}${path}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
