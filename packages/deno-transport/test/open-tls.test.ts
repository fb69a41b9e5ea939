import { expect, test } from "vitest";
import { openTls } from "../src/open-tls.ts";

test("no connection is opened if the signal is already aborted", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const url = {
    secure: true,
    hostname: "127.0.0.1",
    port,
    host: "",
    target: "/",
    authorization: "",
    socketPath: "",
  };
  const tls = {
    ca: undefined,
    certificate: undefined,
    serverName: undefined,
    minVersion: "TLSv1.2",
    alpn: [],
    rejectUnauthorized: true,
  } as const;
  let connections = 0;
  const accepting = listener.accept().then(
    (conn) => {
      connections++;
      conn.close();
    },
    () => {},
  );
  await expect(
    openTls(
      { url, host: "127.0.0.1", localAddress: undefined, tls },
      { signal: AbortSignal.abort(), opened() {}, reached() {} },
    ),
  ).rejects.toThrow("aborted");
  await new Promise((resolve) => setTimeout(resolve, 50));
  listener.close();
  await accepting;
  expect(connections).toBe(0);
});
