import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";

export interface ClientSettings {
  /** Where the other end listens: the load generator, which drives and counts. */
  readonly port: number;
  readonly connections: number;
}

export const settings = runnerOptions<ClientSettings>();
export const url = `ws://127.0.0.1:${settings.port}/`;

/** Opens all connections with `connect`, which settles when one is open; then it is for the load to ask. */
export async function connectAll(connect: () => Promise<unknown>): Promise<void> {
  try {
    for (let i = 0; i < settings.connections; i++) await connect();
  } catch (error) {
    fail(error);
  }
  serveRunner({});
}
