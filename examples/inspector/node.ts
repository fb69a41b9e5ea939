import { parseArgs } from "node:util";
import { startInspector } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8090" },
    "proxy-port": { type: "string", default: "8091" },
    target: { type: "string" },
    "allow-origin": { type: "string" },
  },
});

const target = values.target === undefined ? undefined : new URL(values.target);
if (target !== undefined && !/^wss?:$/.test(target.protocol)) {
  console.error(`--target must be a ws: or wss: URL, got ${values.target}`);
  process.exit(1);
}
const port = Number(values.port);
const inspector = await startInspector({
  port,
  proxyPort: Number(values["proxy-port"]),
  target,
  allowedOrigin: values["allow-origin"],
});
console.log(`inspector page  ${inspector.url}`);
if (target !== undefined) {
  const path = target.pathname + target.search;
  console.log(`proxy           ws://127.0.0.1:${inspector.proxyPort}${path} for ${target.href}`);
}
