import { serve } from "@framewright/deno-transport";
import { expect, test } from "vitest";

test("says that Deno needs a flag to share a port", async () => {
  await expect(serve({ reusePort: true })).rejects.toMatchObject({
    code: "WS_ERR_LISTEN_FAILED",
    message: "cannot listen on 127.0.0.1 port 0: reusePort needs --unstable-net",
  });
});

test("servers share a port when all of them say so", async () => {
  const script = `${import.meta.dirname}/shared-port.ts`;
  const args = ["run", "-A", "--no-lock", "--unstable-net", script];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  const [first, second] = JSON.parse(new TextDecoder().decode(stdout));
  // That all come to the same one is as likely as 1 in 2 to the 39.
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(0);
  expect(first + second).toBe(40);
});
