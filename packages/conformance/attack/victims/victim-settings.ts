import { readFileSync } from "node:fs";
import type { Setup } from "../instrument/attack.ts";

/** What the instrument passes to a victim. */
export interface VictimSettings extends Pick<Setup, "options" | "isHttp2"> {
  /** PEM files. If set, the victim uses TLS. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

export const settings: VictimSettings = JSON.parse(process.argv[2] ?? "{}");

const { certFile, keyFile } = settings;
export const tls =
  certFile === undefined || keyFile === undefined
    ? undefined
    : { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };

export const compresses = (settings.options?.compression ?? false) !== false;

/** Milliseconds that the application takes to decide on a handshake, by the request's query. */
export function decisionTime(query: string): number {
  return Number(new URLSearchParams(query).get("wait"));
}
