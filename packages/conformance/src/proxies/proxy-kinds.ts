import { join } from "node:path";

/** The values that replace those of an example's configuration. */
export interface ProxySettings {
  /** For the configuration, the certificate and all that the proxy writes. */
  readonly folder: string;
  readonly port: number;
  readonly tlsPort: number;
  /** Ports of the two servers behind the proxy. */
  readonly servers: readonly [number, number];
  /** Time after which an idle connection is dropped, such as "2s". Default "60s". */
  readonly idleTimeout?: string;
}

export type ProxyName = "nginx" | "haproxy" | "nginx-http2" | "haproxy-http2" | "haproxy-tls";

/** How a proxy is configured and run. */
export interface ProxyKind {
  readonly name: ProxyName;
  readonly program: string;
  /** The Debian package that contains it. */
  readonly package: string;
  /** The configuration under test, a file of this repository. */
  readonly example: string;
  /** Whether it listens on `port` too, without TLS. */
  readonly listensWithoutTls: boolean;
  /** What is around it. */
  readonly main: { readonly file: string; readonly text: string };
  readonly reloadSignal: "SIGHUP" | "SIGUSR2";
  /** Texts of the example and what a test puts in their place. */
  replacements(settings: ProxySettings): readonly (readonly [shown: string, value: string])[];
  /** The command line in the foreground. */
  command(folder: string): readonly string[];
}

const nginxMain = `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include site.conf;
}
`;

const nginx: ProxyKind = {
  name: "nginx",
  program: "/usr/sbin/nginx",
  package: "nginx-light",
  example: "examples/deployment/nginx.conf",
  listensWithoutTls: true,
  main: { file: "nginx.conf", text: nginxMain },
  reloadSignal: "SIGHUP",
  replacements: ({ folder, port, tlsPort, servers, idleTimeout = "60s" }) => [
    ["listen 80;", `listen 127.0.0.1:${port};`],
    ["listen 443 ssl;", `listen 127.0.0.1:${tlsPort} ssl;`],
    ["127.0.0.1:8080;", `127.0.0.1:${servers[0]};`],
    ["127.0.0.1:8081;", `127.0.0.1:${servers[1]};`],
    ["/etc/ssl/example.com/", `${folder}/`],
    ["60s", idleTimeout],
  ],
  command: (folder) => ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", "nginx.conf"],
};

const haproxy: ProxyKind = {
  name: "haproxy",
  program: "/usr/sbin/haproxy",
  package: "haproxy",
  example: "examples/deployment/haproxy.cfg",
  listensWithoutTls: true,
  main: { file: "global.cfg", text: "global\n  maxconn 256\n" },
  reloadSignal: "SIGUSR2",
  replacements: ({ folder, port, tlsPort, servers, idleTimeout = "60s" }) => [
    ["bind :80\n", `bind 127.0.0.1:${port}\n`],
    ["bind :443 ", `bind 127.0.0.1:${tlsPort} `],
    ["127.0.0.1:8080\n", `127.0.0.1:${servers[0]}\n`],
    ["127.0.0.1:8081\n", `127.0.0.1:${servers[1]}\n`],
    ["/etc/ssl/example.com.pem", join(folder, "both.pem")],
    ["timeout tunnel 60s", `timeout tunnel ${idleTimeout}`],
    ["inter 2s", "inter 100ms"],
    // Otherwise an answer that takes longer than `inter` fails the check, and this machine may be busy.
    ["timeout connect 5s", "timeout connect 5s\n  timeout check 5s"],
  ],
  command: (folder) => [
    "/usr/sbin/haproxy",
    ...["-W", "-db", "-p", join(folder, "haproxy.pid")],
    ...["-f", join(folder, "global.cfg"), "-f", join(folder, "site.conf")],
  ],
};

/** The proxies behind which servers are tested. */
export const proxyKinds: readonly ProxyKind[] = [nginx, haproxy];

/**
 * Checks health soon, and reports the first result. A check must not take longer than `inter`, and
 * this machine may be busy.
 */
const soonChecked = [
  ["inter 2s fall 2", "inter 500ms fall 20"],
  ["option httpchk", "option httpchk\n  option log-health-checks"],
] as const;

/** Further configurations, with HTTP/2. */
export const http2ProxyKinds: readonly ProxyKind[] = [
  {
    ...nginx,
    name: "nginx-http2",
    replacements(settings) {
      // As of 1.25.1 there is the directive `http2 on;` instead.
      const listen = `listen 127.0.0.1:${settings.tlsPort} ssl`;
      return [...nginx.replacements(settings), [`${listen};`, `${listen} http2;`]];
    },
  },
  {
    ...haproxy,
    name: "haproxy-http2",
    example: "examples/deployment/haproxy-http2.cfg",
    listensWithoutTls: false,
    replacements: ({ folder, tlsPort, servers }) => [
      ["bind :443 ", `bind 127.0.0.1:${tlsPort} `],
      ["127.0.0.1:8080\n", `127.0.0.1:${servers[0]}\n`],
      ["127.0.0.1:8081\n", `127.0.0.1:${servers[1]}\n`],
      ["/etc/ssl/example.com.pem", join(folder, "both.pem")],
      ...soonChecked,
    ],
  },
  {
    ...haproxy,
    name: "haproxy-tls",
    example: "examples/deployment/haproxy-tls.cfg",
    listensWithoutTls: false,
    replacements: ({ tlsPort, servers }) => [
      ["bind :443\n", `bind 127.0.0.1:${tlsPort}\n`],
      ["127.0.0.1:8443\n", `127.0.0.1:${servers[0]}\n`],
      ["127.0.0.1:8444\n", `127.0.0.1:${servers[1]}\n`],
      ...soonChecked,
    ],
  },
];
