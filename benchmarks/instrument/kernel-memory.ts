import { readFileSync } from "node:fs";

/** The kernel's caches of what an open socket in an epoll set is made of. */
const caches = new Set([
  "TCP",
  "sock_inode_cache",
  "filp",
  "dentry",
  "eventpoll_epi",
  "eventpoll_pwq",
]);

/**
 * Reads how much memory the kernel has handed out for open sockets, of all processes, in bytes.
 * Buffers with data that waits are not counted: those of idle sockets are empty.
 *
 * @returns NaN if it may not be read, which only root may.
 */
export function readSocketMemory(): number {
  let text: string;
  try {
    text = readFileSync("/proc/slabinfo", "utf8");
  } catch {
    return Number.NaN;
  }
  let bytes = 0;
  for (const line of text.split("\n")) {
    const [name, activeObjects, , objectSize] = line.split(/\s+/);
    if (caches.has(name)) bytes += Number(activeObjects) * Number(objectSize);
  }
  return bytes;
}
