import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";

export interface ClientSettings {
  /** Port on which the load generator listens. */
  readonly port: number;
  readonly connections: number;
}

export const settings = runnerOptions<ClientSettings>();
export const url = `ws://127.0.0.1:${settings.port}/`;

/**
 * Opens all connections, one after another, and then reports that this process is ready.
 *
 * @param connect - Opens one connection. Settles when it is open.
 */
export async function connectAll(connect: () => Promise<unknown>): Promise<void> {
  try {
    for (let i = 0; i < settings.connections; i++) await connect();
  } catch (error) {
    fail(error);
  }
  serveRunner({});
}
