import type { Mode } from "../subject.ts";

/** Never settles what it returns for a message. */
export const neverSettling: Mode = () => ({
  message: (_, data) => (data === "settle" ? undefined : new Promise(() => {})),
});
