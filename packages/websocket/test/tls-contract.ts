import { X509Certificate } from "node:crypto";
import { connect as dial } from "node:net";
import { type ConnectionOptions, createServer, connect as dialTls, type TLSSocket } from "node:tls";
import type {
  ConnectOptions,
  IncomingRequest,
  ServeOptions,
  Server,
  ServerTls,
  Socket,
} from "@framewright/websocket";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Authority, makeAuthority } from "./certificates.ts";
import { upgradeRequest } from "./memory-transport.ts";

interface Subject {
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
  /** Whether `setTls` works on a server without the option `tls.serverNames`. */
  readonly alwaysReplacesCertificates: boolean;
}

type Pair = { cert: string; key: string };
const host = { hostNames: ["localhost"], addresses: ["127.0.0.1"] };

/** Tests the TLS options of `serve` and `connect` over real sockets. */
export function describeTls(runtime: string, subject: Subject): void {
  const { serve, connect } = subject;
  let authority: Authority;
  let foreign: Authority;
  let server: Pair;
  let named: Record<"a" | "b" | "wild", Pair>;
  let client: Pair;
  let foreignClient: Pair;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    [authority, foreign] = await Promise.all([makeAuthority(), makeAuthority("another authority")]);
    server = await authority.issue({ commonName: "localhost", ...host });
    named = {
      a: await authority.issue({ commonName: "a", hostNames: ["a.example"] }),
      b: await authority.issue({ commonName: "b", hostNames: ["b.example"] }),
      wild: await authority.issue({ commonName: "wild", hostNames: ["*.c.example"] }),
    };
    client = await authority.issue({ commonName: "alice" });
    foreignClient = await foreign.issue({ commonName: "mallory" });
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function echo(tls: ServerTls, options: ServeOptions = {}): Promise<Server> {
    const started = await serve({
      tls,
      message: (socket, data) => void socket.send(data),
      ...options,
    });
    cleanups.push(() => started.close({ timeout: 1_000 }));
    return started;
  }

  const urlOf = ({ port }: Server, name = "localhost") => `wss://${name}:${port}/`;

  async function expectEcho(socket: Socket): Promise<void> {
    socket.send("hello");
    for await (const message of socket) {
      expect(message).toBe("hello");
      break;
    }
    socket.terminate();
  }

  /** The TLS handshake of another client. Rejects if it fails. */
  function handshake({ port }: Server, options: ConnectionOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = dialTls(
        { host: "127.0.0.1", port, servername: "localhost", ca: authority.ca, ...options },
        () => resolve(socket),
      );
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection was closed")));
      cleanups.push(() => socket.destroy());
    });
  }

  const unlisted = (why: string) => ({
    name: "ListenError",
    code: "WS_ERR_LISTEN_FAILED",
    message: expect.stringContaining(why),
  });

  describe(`${runtime}: certificates and keys`, () => {
    test("an encrypted key needs its passphrase", async () => {
      const request = { commonName: "localhost", ...host, passphrase: "secret phrase" };
      const encrypted = await authority.issue(request);
      const started = await echo({ ...encrypted, passphrase: "secret phrase" });
      await expectEcho(await connect(urlOf(started), { tls: { ca: authority.ca } }));
      for (const tls of [encrypted, { ...encrypted, passphrase: "another phrase" }]) {
        await expect(serve({ tls })).rejects.toMatchObject(unlisted("tls.key cannot be read: "));
        await expect(serve({ tls })).rejects.not.toThrow(/secret|another|BEGIN/);
      }
      const tls = { ...encrypted, passphrase: "another phrase", ca: authority.ca };
      await expect(connect(urlOf(started), { tls })).rejects.toMatchObject({
        name: "HandshakeError",
        code: "WS_ERR_CONNECT_FAILED",
        message: expect.stringContaining("tls.key cannot be read: "),
      });
    });

    test("those that cannot be used are named", async () => {
      const { cert, key } = server;
      const cases: [ServerTls, string][] = [
        [{ cert: "no certificate", key }, "tls.cert cannot be read: "],
        [{ cert, key: "no key" }, "tls.key cannot be read: "],
        [{ cert, key: client.key }, "tls.key is not the key of tls.cert"],
        [{ cert, key, requestCert: true, ca: "no ca" }, "tls.ca cannot be read: "],
        [
          { cert, key, serverNames: { "a.example": { cert, key: "no key" } } },
          'tls.serverNames["a.example"].key cannot be read: ',
        ],
      ];
      for (const [tls, why] of cases) {
        await expect(serve({ tls })).rejects.toMatchObject(unlisted(why));
      }
    });
  });

  describe(`${runtime}: certificates of clients`, () => {
    const variants = (): [string, Partial<ServerTls>][] => [
      ["one certificate", {}],
      ["server names", { serverNames: { "a.example": named.a } }],
    ];

    test("a verified one is on the request; others are refused before it", async () => {
      for (const [variant, more] of variants()) {
        const requests: IncomingRequest[] = [];
        const tls = { ...server, requestCert: true, ca: authority.ca, ...more };
        const started = await echo(tls, { accept: (request) => void requests.push(request) });
        const { ca } = authority;
        await expectEcho(await connect(urlOf(started), { tls: { ca, ...client } }));
        const { raw, fingerprint256 } = new X509Certificate(client.cert);
        expect(requests[0].peerCertificate, variant).toEqual({
          commonName: "alice",
          subject: { CN: "alice" },
          fingerprint256,
          raw: new Uint8Array(raw),
        });
        for (const serverName of more.serverNames ? ["localhost", "a.example"] : ["localhost"]) {
          for (const refused of [{}, foreignClient]) {
            const connecting = connect(urlOf(started), { tls: { ca, serverName, ...refused } });
            // In TLS 1.3 the client has completed its handshake before it is refused.
            await expect(connecting, variant).rejects.toMatchObject({
              name: "HandshakeError",
              code: expect.stringMatching(/^WS_ERR_(CONNECT_FAILED|HANDSHAKE_INCOMPLETE)$/),
            });
          }
          const requests12 = { maxVersion: "TLSv1.2" as const, servername: serverName };
          await expect(handshake(started, requests12), variant).rejects.toThrow();
          await expect(
            handshake(started, { ...requests12, ...foreignClient }).then(
              (socket) => new Promise((_, reject) => socket.once("close", reject).resume()),
            ),
            variant,
          ).rejects.not.toBeNull();
        }
        expect(requests.length, variant).toBe(1);
        expect(started.stats().accepted, variant).toBe(1);
      }
    });

    test("with optional, clients may have none, but none that cannot be verified", async () => {
      for (const [variant, more] of variants()) {
        const names: (string | undefined)[] = [];
        const tls = { ...server, requestCert: "optional" as const, ca: authority.ca, ...more };
        const started = await echo(tls, {
          accept: (request) => void names.push(request.peerCertificate?.commonName),
        });
        const { ca } = authority;
        await expectEcho(await connect(urlOf(started), { tls: { ca } }));
        await expectEcho(await connect(urlOf(started), { tls: { ca, ...client } }));
        await expect(
          connect(urlOf(started), { tls: { ca, ...foreignClient } }),
        ).rejects.toMatchObject({ name: "HandshakeError" });
        await expectEcho(await connect(urlOf(started), { tls: { ca } }));
        expect(names, variant).toEqual([undefined, "alice", undefined]);
      }
    });

    test("a resumed session keeps it", async () => {
      for (const [variant, more] of variants()) {
        const requests: IncomingRequest[] = [];
        const tls = { ...server, requestCert: true, ca: authority.ca, ...more };
        const started = await echo(tls, { accept: (request) => void requests.push(request) });
        let session: Buffer | undefined;
        for (let i = 1; i <= 3; i++) {
          const socket = await handshake(started, {
            ...client,
            ...(session === undefined ? {} : { session }),
          });
          socket.on("session", (received) => {
            session = received;
          });
          socket.resume().write(upgradeRequest());
          await expect.poll(() => requests.length).toBe(i);
        }
        const names = requests.map((request) => request.peerCertificate?.commonName);
        expect(names, variant).toEqual(["alice", "alice", "alice"]);
      }
    });

    test("without requestCert, none is requested", async () => {
      const requests: IncomingRequest[] = [];
      const started = await echo(server, { accept: (request) => void requests.push(request) });
      const tls = { ca: authority.ca, ...client };
      await expectEcho(await connect(urlOf(started), { tls }));
      expect(requests[0].peerCertificate).toBeUndefined();
    });
  });

  test(`${runtime}: a client verifies each connection with its own options`, async () => {
    const started = await echo({ ...server, serverNames: { "a.example": named.a } });
    const { ca } = authority;
    for (let round = 0; round < 2; round++) {
      await expectEcho(await connect(urlOf(started), { tls: { ca } }));
      for (const tls of [{ ca: foreign.ca }, { ca, serverName: "b.example" }, {}]) {
        await expect(connect(urlOf(started), { tls })).rejects.toMatchObject({
          code: "WS_ERR_CONNECT_FAILED",
        });
      }
    }
  });

  describe(`${runtime}: versions and protocols of TLS`, () => {
    test("minVersion refuses older versions, on both sides", async () => {
      const old = { maxVersion: "TLSv1.2" } as const;
      const started = await echo(server);
      expect((await handshake(started, old)).getProtocol()).toBe("TLSv1.2");
      const strict = await echo({ ...server, minVersion: "TLSv1.3" });
      expect((await handshake(strict, {})).getProtocol()).toBe("TLSv1.3");
      await expect(handshake(strict, old)).rejects.toThrow();

      const versions: unknown[] = [];
      const outdated = createServer({ ...server, ...old }, (socket) => {
        versions.push(socket.getProtocol());
        socket.end();
      });
      outdated.on("tlsClientError", (_error, socket) => socket.destroy());
      cleanups.push(() => outdated.close());
      await new Promise<void>((resolve) => outdated.listen(0, "127.0.0.1", resolve));
      const url = `wss://127.0.0.1:${(outdated.address() as { port: number }).port}/`;
      for (const minVersion of ["TLSv1.2", "TLSv1.3"] as const) {
        const tls = { ca: authority.ca, minVersion };
        await expect(connect(url, { tls })).rejects.toMatchObject({ name: "HandshakeError" });
      }
      expect(versions).toEqual(["TLSv1.2"]);
    });

    test("alpn selects http/1.1, and refuses clients that offer others alone", async () => {
      const started = await echo(server);
      const selected = async (at: Server, ALPNProtocols?: string[]) =>
        (await handshake(at, ALPNProtocols === undefined ? {} : { ALPNProtocols })).alpnProtocol ||
        "";
      expect(await selected(started, ["h2", "http/1.1"])).toBe("http/1.1");
      expect(await selected(started)).toBe("");
      await expect(handshake(started, { ALPNProtocols: ["h2"] })).rejects.toThrow();
      const custom = await echo({ ...server, alpn: ["x".repeat(200), "http/1.1"] });
      expect(await selected(custom, ["http/1.1", "x".repeat(200)])).toBe("x".repeat(200));
      const none = await echo({ ...server, alpn: [] });
      expect(await selected(none, ["h2"])).toBe("");
    });
  });

  test(`${runtime}: clients that do nothing give way to newer ones, the oldest first`, async () => {
    const started = await echo(server, { maxPendingHandshakes: 2, closeTimeout: 100 });
    const ended: number[] = [];
    for (let index = 0; index < 6; index++) {
      const socket = dial(started.port, "127.0.0.1");
      cleanups.push(() => socket.destroy());
      socket.on("error", () => {}).once("close", () => ended.push(index));
      socket.resume();
      await expectEcho(await connect(urlOf(started), { tls: { ca: authority.ca } }));
      expect(started.stats().pendingHandshakes).toBeLessThanOrEqual(2);
    }
    const first = expect.arrayContaining([0, 1, 2, 3]);
    await vi.waitFor(() => expect(ended).toEqual(first), { timeout: 20_000 });
    expect(ended).not.toContain(5);
  });

  test(`${runtime}: a client that does nothing is disconnected after the handshake timeout`, async () => {
    for (const more of [{}, { serverNames: {} }, { requestCert: true, ca: authority.ca }]) {
      const limits = { handshakeTimeout: 50, closeTimeout: 50 };
      const started = await echo({ ...server, ...more }, limits);
      const socket = dial(started.port, "127.0.0.1").resume();
      socket.on("error", () => {});
      await new Promise<void>((resolve) => socket.on("close", () => resolve()));
    }
  });

  describe(`${runtime}: several certificates`, () => {
    const serverNames = () => ({
      "a.example": named.a,
      "B.example": named.b,
      "*.c.example": named.wild,
    });

    test("the server name selects one; cert serves other names and none", async () => {
      const started = await echo({ ...server, serverNames: serverNames() });
      const { ca } = authority;
      for (const serverName of ["a.example", "b.example", "x.c.example", "localhost"]) {
        await expectEcho(await connect(urlOf(started), { tls: { ca, serverName } }));
      }
      await expectEcho(await connect(urlOf(started, "127.0.0.1"), { tls: { ca } }));
      for (const serverName of ["d.example", "c.example", "y.x.c.example", "example"]) {
        // It gets `cert`, which is for another name.
        await expect(
          connect(urlOf(started), { tls: { ca, serverName } }),
          serverName,
        ).rejects.toMatchObject({ code: "WS_ERR_CONNECT_FAILED" });
      }
      const upper = await handshake(started, {
        servername: "A.EXAMPLE",
        checkServerIdentity: () => undefined,
      });
      expect(upper.getPeerCertificate().subject.CN).toBe("a");
    });
  });

  describe(`${runtime}: setTls`, () => {
    test("replaces certificates for new connections; open ones go on", async () => {
      const started = await echo({ ...server, serverNames: { "a.example": named.a } });
      const { ca } = authority;
      const open = await connect(urlOf(started), { tls: { ca } });
      const next = { ...named.b, serverNames: { "x.c.example": named.wild } };
      started.setTls(next);
      await expectEcho(await connect(urlOf(started), { tls: { ca, serverName: "b.example" } }));
      await expectEcho(await connect(urlOf(started), { tls: { ca, serverName: "x.c.example" } }));
      for (const serverName of ["localhost", "a.example"]) {
        await expect(connect(urlOf(started), { tls: { ca, serverName } })).rejects.toMatchObject({
          code: "WS_ERR_CONNECT_FAILED",
        });
      }
      // If one of them cannot be used, none is replaced.
      const bad = { "a.example": { ...named.a, key: client.key } };
      expect(() => started.setTls({ ...server, serverNames: bad })).toThrow(
        expect.objectContaining(unlisted('tls.serverNames["a.example"].key is not the key of')),
      );
      expect(() => started.setTls({ ...server, key: "no key" })).toThrow(
        expect.objectContaining(unlisted("tls.key cannot be read: ")),
      );
      expect(() => started.setTls({ ...server, requestCert: true, ca })).toThrow(
        expect.objectContaining({
          message: "option tls.requestCert must stay false (WS_ERR_INVALID_OPTION)",
        }),
      );
      expect(() => started.setTls({ ...server, alpn: [] })).toThrow(
        expect.objectContaining({
          message: 'option tls.alpn must stay ["http/1.1"] (WS_ERR_INVALID_OPTION)',
        }),
      );
      await expectEcho(await connect(urlOf(started), { tls: { ca, serverName: "b.example" } }));
      await expectEcho(open);
    });

    test("replaces the authorities of clients, and the version", async () => {
      const { ca } = authority;
      const names = { serverNames: { "a.example": named.a } };
      const started = await echo({ ...server, requestCert: true, ca, ...names });
      await expectEcho(await connect(urlOf(started), { tls: { ca, ...client } }));
      started.setTls({
        ...server,
        requestCert: true,
        ca: foreign.ca,
        minVersion: "TLSv1.3",
        ...names,
      });
      for (const serverName of ["localhost", "a.example"]) {
        await expectEcho(
          await connect(urlOf(started), { tls: { ca, serverName, ...foreignClient } }),
        );
        await expect(
          connect(urlOf(started), { tls: { ca, serverName, ...client } }),
        ).rejects.toMatchObject({ name: "HandshakeError" });
        const old = { ...foreignClient, servername: serverName, maxVersion: "TLSv1.2" as const };
        await expect(handshake(started, old)).rejects.toThrow();
      }
    });

    test("throws where it cannot work", async () => {
      const plain = await serve({});
      cleanups.push(() => plain.close());
      expect(() => plain.setTls(server)).toThrow(
        expect.objectContaining({ code: "WS_ERR_INVALID_STATE" }),
      );
      const closed = await serve({ tls: server });
      await closed.close();
      expect(() => closed.setTls(server)).toThrow(
        expect.objectContaining({ code: "WS_ERR_INVALID_STATE" }),
      );
      const started = await echo(server);
      const { ca } = authority;
      if (subject.alwaysReplacesCertificates) {
        started.setTls(named.a);
        await expectEcho(await connect(urlOf(started), { tls: { ca, serverName: "a.example" } }));
      } else {
        expect(() => started.setTls(named.a)).toThrow(
          expect.objectContaining({
            name: "UnsupportedError",
            code: "WS_ERR_UNSUPPORTED",
            message:
              "setTls on Bun needs tls.serverNames, also an empty one, from the start (WS_ERR_UNSUPPORTED)",
          }),
        );
        await expectEcho(await connect(urlOf(started), { tls: { ca } }));
      }
    });
  });
}
