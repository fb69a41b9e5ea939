import * as fs from "node:fs";
import * as net from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { listenUnix } from "../../src/server/listen-unix.ts";
import { temporaryPath } from "../temporary-path.ts";

// unix-contract.ts tests it with the listeners of each runtime. Here they are the file system alone.
const paths: string[] = [];
afterEach(() => {
  for (const path of paths.splice(0)) fs.rmSync(path, { force: true });
});
function newPath(): string {
  const path = temporaryPath();
  paths.push(path);
  return path;
}
const system = { fs, net, platform: "linux" };

test("abstract names are refused on other systems than Linux", async () => {
  const bind = vi.fn();
  await expect(listenUnix({ ...system, platform: "darwin" }, "\0name", bind)).rejects.toThrow(
    "abstract socket names exist on Linux alone, not on darwin",
  );
  expect(bind).not.toHaveBeenCalled();
});

test("an error other than EADDRINUSE is passed on, and nothing is deleted", async () => {
  const path = newPath();
  fs.writeFileSync(path, "");
  const error = Object.assign(new Error("not allowed"), { code: "EACCES" });
  await expect(listenUnix(system, path, () => Promise.reject(error))).rejects.toBe(error);
  expect(fs.existsSync(path)).toBe(true);
});

test("a file that disappears before it is examined is no error", async () => {
  const path = newPath();
  let calls = 0;
  const { port } = await listenUnix(system, path, () => {
    if (++calls === 1) throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
    return { port: 0, stop() {} };
  });
  expect([port, calls]).toEqual([0, 2]);
});

test("another file is put aside until the runtime has deleted what is at its path", async () => {
  const path = newPath();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const listener = await listenUnix(system, path, () => {
    fs.writeFileSync(path, "the socket");
    return { port: 0, stop: () => released };
  });
  fs.renameSync(path, `${path}.moved`);
  paths.push(`${path}.moved`);
  fs.writeFileSync(path, "mine");
  listener.stop();
  expect(fs.existsSync(path)).toBe(false);
  fs.rmSync(path, { force: true }); // as Deno does when it releases the listener
  release();
  await expect.poll(() => fs.existsSync(path)).toBe(true);
  expect(fs.readFileSync(path, "utf8")).toBe("mine");
});

test("the listener is stopped even if the file cannot be examined", async () => {
  const stop = vi.fn();
  const path = newPath();
  let isBroken = false;
  const broken = {
    ...fs,
    lstatSync(...args: Parameters<typeof fs.lstatSync>) {
      if (isBroken) throw new Error("not allowed");
      return fs.lstatSync(...args);
    },
  } as unknown as typeof fs;
  const listener = await listenUnix({ ...system, fs: broken }, path, () => ({ port: 0, stop }));
  isBroken = true;
  listener.stop();
  expect(stop).toHaveBeenCalledOnce();
});
