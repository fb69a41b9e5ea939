import { broadcast, prepare, refuse, type Server } from "@framewright/websocket";
import type { Query, SubjectSocket, Transports } from "../../../src/attack/subject-types.ts";

type Values = readonly (readonly [name: string, value: unknown])[];

function detachedBuffer(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** An array outside its memory, which has shrunk. */
function arrayOutside(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  const bytes = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return bytes;
}

function fails(): never {
  throw new Error("the value was used");
}

const detached = detachedBuffer();
const lostView = new Uint8Array(new ArrayBuffer(8));
structuredClone(lostView.buffer, { transfer: [lostView.buffer] });
const hostile = { toString: fails, valueOf: fails, [Symbol.toPrimitive]: fails };

/** Wrong for a number, a string, a list and an option that is an object. */
const neverRight: Values = [
  ["a symbol", Symbol("s")],
  ["a bigint", 1n],
  ["NaN", Number.NaN],
];
const objects: Values = [
  ["an object without a prototype", Object.create(null)],
  ["an object that cannot be converted", hostile],
  ["a list that cannot be converted", [Symbol("s")]],
  ["a date", new Date()],
  ["a String object", new String("text")],
];
/** A message may be any bytes, but a text, a number or an option may not. */
const bytes: Values = [
  ["a DataView", new DataView(new ArrayBuffer(4))],
  ["a Float64Array", new Float64Array(2)],
  ["shared memory", new SharedArrayBuffer(4)],
];
const simple: Values = [
  ["null", null],
  ["true", true],
  ["a function", () => {}],
];
const lost: Values = [
  ["detached memory", detached],
  ["an array over detached memory", lostView],
  ["an array outside its memory", arrayOutside()],
];
/** They pass for an array until they are used. A TypeError of the engine is enough. */
const impostors: Values = [
  ["an object that inherits from arrays", Object.create(Uint8Array.prototype)],
  ["a proxy of an array", new Proxy(new Uint8Array(3), {})],
];
const messages: Values = [["undefined", undefined], ...simple, ...neverRight, ...objects, ...lost];
const topics: Values = [["undefined", undefined], ...simple, ...neverRight, ...objects, ...bytes];
const numbers: Values = [...simple, ...neverRight, ["text", "1"], ...objects, ...bytes];

/** Calls a method with each wrong value. It must throw an error with a code. */
function check(faults: string[], name: string, values: Values, call: (value: never) => unknown) {
  for (const [what, value] of values) {
    const fault = faultOf(() => call(value as never));
    if (fault !== undefined) faults.push(`${name} with ${what}: ${fault}`);
  }
}

function faultOf(call: () => unknown): string | undefined {
  try {
    call();
    return "no error";
  } catch (error) {
    return codeFault(error);
  }
}

function codeFault(error: unknown): string | undefined {
  const { code, name, message } = error as { code?: string; name: string; message: string };
  const isNamed = ["TypeError", "RangeError", "InvalidStateError"].includes(name);
  if (isNamed && code?.startsWith("WS_ERR_") === true) return undefined;
  return `${name} ${code}: ${message}`;
}

/** Like `check`, for a method that returns a promise. */
async function checkLater(
  faults: string[],
  name: string,
  values: Values,
  call: (value: never) => Promise<unknown>,
): Promise<void> {
  for (const [what, value] of values) {
    const fault = await call(value as never).then(() => "no error", codeFault);
    if (fault !== undefined) faults.push(`${name} with ${what}: ${fault}`);
  }
}

const optionNames = {
  common:
    "maxMessageSize maxFragments handshakeTimeout closeTimeout maxFramesPerTurn maxBytesPerTurn borrowedMessages compression messageRate heartbeat idleTimeout maxLifetime maxBufferedAmount whenFull highWaterMark lowWaterMark subprotocols tls open message pong drain dropped close error wire".split(
      " ",
    ),
  serve:
    "port hostname unix reusePort maxReceiveMemory maxTotalBufferedAmount maxTopicsPerSocket http refused maxPendingHandshakes routes accept origins maxConnections perClient".split(
      " ",
    ),
  connect: "headers http2 concurrentConnects".split(" "),
};

/** Passes values of wrong types to every method and option. Nothing may be sent. */
export async function passWrongValues(
  socket: SubjectSocket,
  server: Server<Query>,
  { serve, connect }: Transports,
): Promise<string[]> {
  const faults: string[] = [];
  socket.subscribe("topic");
  check(faults, "send", messages, (value) => socket.send(value));
  check(faults, "offer", messages, (value) => socket.offer(value, 1e9));
  check(faults, "offer's limit", [["undefined", undefined], ...numbers], (value) =>
    socket.offer("text", value),
  );
  check(faults, "prepare", messages, (value) => prepare(value));
  check(faults, "broadcast", messages, (value) => broadcast([socket], value));
  check(faults, "publish", messages, (value) => server.publish("topic", value));
  check(faults, "publish's topic", topics, (value) => server.publish(value, "text"));
  check(faults, "publish's options", [...simple, ...neverRight], (value) =>
    server.publish("topic", "text", value),
  );
  check(faults, "publish's except", [...simple, ...neverRight], (value) =>
    server.publish("topic", "text", { except: value }),
  );
  check(faults, "publish's limit", numbers, (value) =>
    server.publish("topic", "text", { maxBufferedAmount: value }),
  );
  check(faults, "subscribe", topics, (value) => socket.subscribe(value));
  check(faults, "unsubscribe", topics, (value) => socket.unsubscribe(value));
  check(faults, "ping", [...simple, ...neverRight, ...objects, ...lost.slice(1)], (value) =>
    socket.ping(value),
  );
  check(faults, "close's code", numbers, (value) => socket.close(value));
  check(faults, "close's reason", [...simple, ...neverRight, ...objects], (value) =>
    socket.close(1000, value),
  );
  check(faults, "refuse", numbers, (value) => refuse(value));
  check(faults, "setTls", messages, (value) => server.setTls(value));
  for (const [what, value] of impostors) {
    for (const call of [() => socket.send(value as never), () => prepare(value as never)]) {
      const fault = faultOf(call);
      if (fault === "no error" || fault?.startsWith("TypeError") === false)
        faults.push(`${what}: ${fault}`);
    }
  }
  await checkLater(faults, "serve", [...simple, ...neverRight], (value) => serve(value));
  const url = `ws://127.0.0.1:${server.port}/`;
  await checkLater(faults, "connect's URL", topics, (value) => connect(value, {}));
  await checkLater(faults, "connect's options", [...simple, ...neverRight], (value) =>
    connect(url, value),
  );
  for (const name of [...optionNames.common, ...optionNames.serve]) {
    await checkLater(faults, `serve's ${name}`, neverRight, (value) => serve({ [name]: value }));
  }
  for (const name of [...optionNames.common, ...optionNames.connect]) {
    await checkLater(faults, `connect's ${name}`, neverRight, (value) =>
      connect(url, { [name]: value }),
    );
  }
  for (const name of ["statusCode", "reason", "timeout", "spreadOver"]) {
    await checkLater(faults, `server.close's ${name}`, neverRight, async (value) =>
      server.close({ [name]: value }),
    );
  }
  if (socket.readyState !== "open") faults.push(`the socket is ${socket.readyState}`);
  if (socket.bufferedAmount !== 0) faults.push(`${socket.bufferedAmount} bytes are buffered`);
  return faults;
}
