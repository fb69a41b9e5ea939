import { readFile } from "node:fs/promises";
import type { IncomingRequest } from "@framewright/websocket";
import type { Configuration } from "./configuration.ts";
import { nameInToken } from "./session-token.ts";

/**
 * Returns who sends a request: browsers have the cookie `session`, other clients a bearer token.
 * Undefined if nobody is signed in.
 */
export async function signedInName(
  { cookies, headers, signal }: IncomingRequest,
  { sessionSecret, revokedFile }: Configuration,
): Promise<string | undefined> {
  const bearer = /^Bearer (\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  const name = nameInToken(cookies.get("session") ?? bearer ?? "", sessionSecret);
  if (name === undefined || revokedFile === undefined) return name;
  // Here this is a file; elsewhere it is a database. The signal ends the wait if the client leaves.
  const revoked = await readFile(revokedFile, { encoding: "utf8", signal });
  return revoked.split("\n").includes(name) ? undefined : name;
}
