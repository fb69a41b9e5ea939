import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The user that the proxies accept. */
export const user = "user";
export const password = "s3cret";
/** A host that the HTTP proxies refuse with status 403. */
export const forbiddenHost = "forbidden.example";

/** Values of a proxy's configuration. */
export interface ProgramSettings {
  /** For the configuration. It has `cert.pem` and `key.pem`. */
  readonly folder: string;
  readonly port: number;
  readonly tlsPort: number;
}

/** A proxy for clients from Debian. */
export interface ProxyProgram {
  readonly name: "tinyproxy" | "squid" | "microsocks";
  readonly program: string;
  /** The Debian package that contains it. */
  readonly package: string;
  /** Its configuration, by file name. */
  files(settings: ProgramSettings): Readonly<Record<string, string>>;
  /** The command line in the foreground. */
  command(settings: ProgramSettings): readonly string[];
}

const tinyproxy: ProxyProgram = {
  name: "tinyproxy",
  program: "/usr/bin/tinyproxy",
  package: "tinyproxy-bin",
  files: ({ folder, port }) => ({
    filter: `^${forbiddenHost.replace(".", "\\.")}$\n`,
    "tinyproxy.conf": `
Port ${port}
Listen 127.0.0.1
LogLevel Warning
MaxClients 100
BasicAuth ${user} ${password}
Filter "${join(folder, "filter")}"
`,
  }),
  command: ({ folder }) => ["/usr/bin/tinyproxy", "-d", "-c", join(folder, "tinyproxy.conf")],
};

/** Hashes the password as Apache's htpasswd does. */
function passwordHash(): string {
  const args = ["passwd", "-apr1", "-stdin"];
  return spawnSync("openssl", args, { input: password, encoding: "utf8" }).stdout.trim();
}

const squid: ProxyProgram = {
  name: "squid",
  program: "/usr/sbin/squid",
  package: "squid",
  files: ({ folder, port, tlsPort }) => ({
    passwd: `${user}:${passwordHash()}\n`,
    "squid.conf": `
http_port 127.0.0.1:${port}
https_port 127.0.0.1:${tlsPort} tls-cert=${folder}/cert.pem tls-key=${folder}/key.pem
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/passwd
auth_param basic children 1 startup=0 idle=1
acl users proxy_auth REQUIRED
acl forbidden dstdomain ${forbiddenHost}
http_access deny forbidden
http_access allow users
http_access deny all
visible_hostname localhost
hosts_file /etc/hosts
pid_filename none
cache deny all
cache_mem 0
access_log none
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
`,
  }),
  command: ({ folder }) => ["/usr/sbin/squid", "-N", "-f", join(folder, "squid.conf")],
};

const microsocks: ProxyProgram = {
  name: "microsocks",
  program: "/usr/bin/microsocks",
  package: "microsocks",
  files: () => ({}),
  command: ({ port }) => [
    "/usr/bin/microsocks",
    ...["-i", "127.0.0.1", "-p", String(port), "-u", user, "-P", password],
  ],
};

/** The proxies through which clients are tested. */
export const proxyPrograms: readonly ProxyProgram[] = [tinyproxy, squid, microsocks];
