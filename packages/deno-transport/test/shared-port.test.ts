import { serve } from "@framewright/deno-transport";
import { expect, test } from "vitest";

test("the error says that Deno needs a flag to share a port", async () => {
  await expect(serve({ reusePort: true })).rejects.toMatchObject({
    code: "WS_ERR_LISTEN_FAILED",
    message:
      "cannot listen on 127.0.0.1 port 0: reusePort needs --unstable-net (WS_ERR_LISTEN_FAILED)",
  });
});

test("servers share a port if all of them set reusePort", async () => {
  const script = `${import.meta.dirname}/shared-port.ts`;
  const args = ["run", "-A", "--no-lock", "--unstable-net", script];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  const [first, second] = JSON.parse(new TextDecoder().decode(stdout));
  // The probability that all connect to the same server is 1 in 2^39.
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(0);
  expect(first + second).toBe(40);
});
