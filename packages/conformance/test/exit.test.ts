import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth, isWholeOn } from "../../../test-depth.ts";
import { type CertificateFiles, makeCertificateFiles } from "../src/certificates.ts";
import type { ExitOptions } from "../src/exit/exiting-server.ts";
import { type ConnectionState, connectionStates, openPolitePeer } from "../src/exit/states.ts";
import type { RawPeer } from "../src/raw-peer.ts";
import { type Runtime, runtimes, startServerFromSource } from "../src/runtimes.ts";
import type { SubjectProcess } from "../src/subject-process.ts";

/** Longer than the server's close takes, and shorter than its other timeouts. In milliseconds. */
const patience = 15_000;

let certificates: CertificateFiles;
beforeAll(async () => {
  certificates = await makeCertificateFiles();
});
afterAll(() => certificates?.remove());

/** Whether a connection in a state has to be terminated. */
function lingers({ lingers = false }: ConnectionState, iterates: boolean): boolean {
  return lingers === true || (lingers === "with a handler" && !iterates);
}

/** Resolves with how the process ended, or with what it still does after a while. */
function exitOf(subject: SubjectProcess): Promise<number | string> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience, "still running");
    void subject.exited.then((how) => {
      clearTimeout(timer);
      resolve(how);
    });
  });
}

/** Closes a server whose connections are in some states, and waits for the end of its process. */
async function expectExit(
  runtime: Runtime,
  usesTls: boolean,
  iterates: boolean,
  states: readonly ConnectionState[],
): Promise<void> {
  const { certFile, keyFile, ca } = certificates;
  const tls = usesTls ? { certFile, keyFile } : {};
  // The server has more to do with all of them, and one of its peers answers.
  const timeout = states.length > 1 ? 3_000 : 500;
  const options: ExitOptions = { iterates, timeout, ...tls };
  const script = `packages/conformance/src/exit/exiting-${runtime.name}.ts`;
  const started = await startServerFromSource(runtime, script, [JSON.stringify(options)]);
  const { process: subject } = started;
  const address = { port: started.port, ca: usesTls ? ca : undefined };
  const peers: RawPeer[] = [];
  try {
    for (const state of states) peers.push(await state.enter(address));
    peers.push(await openPolitePeer(address));
    const exit = exitOf(subject);
    process.kill(subject.pid, "SIGTERM");
    const { closed, terminated } = JSON.parse(await subject.line(1));
    expect(closed).toBeGreaterThanOrEqual(1);
    expect(terminated).toBe(states.filter((state) => lingers(state, iterates)).length);
    expect(await exit).toBe(0);
    expect(subject.standardError).toBe("");
  } finally {
    for (const peer of peers) peer.destroy();
    await subject.stop("SIGKILL");
  }
}

describe.concurrent.each(runtimes)(
  "after `server.close` the process ends by itself on $name",
  (runtime) => {
    describe.each([
      { usesTls: false, over: "TCP" },
      { usesTls: true, over: "TLS" },
    ])("over $over", ({ usesTls }) => {
      for (const iterates of isWholeOn(runtime.name) ? [false, true] : [usesTls]) {
        const consumer = iterates ? "a `for await` loop" : "a message handler";
        const states = connectionStates
          .filter((state) => (state.iterates ?? iterates) === iterates)
          .filter(({ onlyTls = false }) => usesTls || !onlyTls);
        test(`with ${consumer} and connections in all states`, async () => {
          await expectExit(runtime, usesTls, iterates, states);
        });
        // To find the state that is to blame if they fail together.
        for (const state of isFullDepth ? states : []) {
          test(`with ${consumer} and a connection ${state.name}`, async () => {
            await expectExit(runtime, usesTls, iterates, [state]);
          });
        }
      }
    });
  },
);
