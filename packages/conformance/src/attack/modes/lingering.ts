import type { Mode } from "../subject-types.ts";

/** For most messages, returns a promise that never settles. */
export const neverSettling: Mode = () => ({
  message: (_, data) => (data === "settle" ? undefined : new Promise(() => {})),
});
