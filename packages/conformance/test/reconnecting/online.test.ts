import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { repositoryPath, runtimes } from "../../src/runtimes.ts";
import { SubjectProcess } from "../../src/subject-process.ts";

/** A network of its own, with nothing but the loopback interface. */
const unshare = ["/usr/bin/unshare", "--map-root-user", "--net", "/bin/sh", "-c"];
const addInterface =
  "ip link add d0 type veth peer name d1 && ip addr add 192.0.2.9/24 dev d0 && ip link set d1 up && ip link set d0 up";
const [program, ...args] = unshare;
const canAdd = isFullDepth && spawnSync(program, [...args, addInterface]).status === 0;
if (isFullDepth && !canAdd)
  console.warn("SKIPPED: this machine does not let a test add a network interface in a namespace.");

describe.runIf(canAdd)("a machine that is online again", () => {
  test.concurrent.for(runtimes)(
    "on $name: the client tries at once when there is a new address",
    { timeout: 60_000 },
    async ({ name, command }, { onTestFinished }) => {
      const script = repositoryPath(`packages/conformance/src/reconnecting/online-${name}.ts`);
      const run = [...command, "--conditions=@framewright/source", script].join(" ");
      // The interface comes when the client waits: its output goes through the loop.
      const loop = `while read line; do echo $line; [ $line = waiting ] && ${addInterface}; done`;
      const client = new SubjectProcess([
        ...unshare,
        `ip link set lo up; ${run} | { ${loop}; true; }`,
      ]);
      onTestFinished(() => void client.stop("SIGKILL"));
      expect(await client.line(0)).toBe("waiting");
      expect(await client.line(1)).toBe("open");
      expect(await client.exited).toBe(0);
    },
  );
});
