import { upgradeTo } from "../../src/attack/attacked-server.ts";
import { serverHandshakeCases } from "../../src/cases/server-handshake.ts";
import { complete } from "../../src/cases/server-handshake-case.ts";
import { concat, FrameWriter } from "../../src/frame-bytes.ts";
import { exampleKey, httpHead } from "../../src/opening-handshake.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "handshakes";
const write = new FrameWriter("client");

/** Forms of a header, each wrong or at least unusual, as the lines that replace its own. */
const forms = {
  missing: () => [],
  "its usual form": (name, value) => [`${name}: ${value}`],
  "in lower case": (name, value) => [`${name.toLowerCase()}: ${value}`],
  "in upper case": (name, value) => [`${name.toUpperCase()}: ${value}`],
  "without white space": (name, value) => [`${name}:${value}`],
  "white space around its value": (name, value) => [`${name}: \t${value}\t `],
  twice: (name, value) => [`${name}: ${value}`, `${name}: ${value}`],
  "twice, the second empty": (name, value) => [`${name}: ${value}`, `${name}:`],
  "twice, the second malformed": (name, value) => [`${name}: ${value}`, `${name}: \x01`],
  empty: (name) => [`${name}:`],
  "only white space": (name) => [`${name}: \t `],
  "a comma after its value": (name, value) => [`${name}: ${value},`],
  "a list": (name, value) => [`${name}: ${value}, ${value}`],
  "a semicolon after its value": (name, value) => [`${name}: ${value};`],
  quoted: (name, value) => [`${name}: "${value}"`],
  "a letter after its value": (name, value) => [`${name}: ${value}x`],
  "a space within its value": (name, value) => [`${name}: ${value} ${value}`],
  "a NUL in its value": (name, value) => [`${name}: ${value}\0`],
  "a control character in its value": (name, value) => [`${name}: \x01${value}`],
  "DEL in its value": (name, value) => [`${name}: ${value}\x7f`],
  "a CR in its value": (name, value) => [`${name}: ${value}\r${value}`],
  "a LF after its value": (name, value) => [`${name}: ${value}\nX-Other: 1`],
  "an octet above 127 in its value": (name, value) => [`${name}: ${value}\xe4`],
  folded: (name, value) => [`${name}:`, ` ${value}`],
  "a space before its colon": (name, value) => [`${name} : ${value}`],
  "a tab before its colon": (name, value) => [`${name}\t: ${value}`],
  "a space before its name": (name, value) => [` ${name}: ${value}`],
  "no colon": (name, value) => [`${name} ${value}`],
  "a NUL in its name": (name, value) => [`${name}\0: ${value}`],
  "an octet above 127 in its name": (name, value) => [`${name}\xe4: ${value}`],
  "a quote in its name": (name, value) => [`"${name}": ${value}`],
  "8 KiB long": (name, value) => [`${name}: ${value}${"x".repeat(8_192)}`],
} as const satisfies Record<string, (name: string, value: string) => string[]>;
type Form = keyof typeof forms;

/** Forms that are no header of HTTP (RFC 9112 section 5, RFC 9110 section 5.5): 400 for any header. */
const malformed: readonly Form[] = [
  "twice, the second malformed",
  "a NUL in its value",
  "a control character in its value",
  "DEL in its value",
  "a CR in its value",
  "a LF after its value",
  "folded",
  "a space before its colon",
  "a tab before its colon",
  "a space before its name",
  "no colon",
  "a NUL in its name",
  "an octet above 127 in its name",
  "a quote in its name",
];

/** Forms that mean the same as the usual one. */
const equal: readonly Form[] = [
  "its usual form",
  "in lower case",
  "in upper case",
  "without white space",
  "white space around its value",
];

/** A header, and the status that other forms than the malformed and the equal ones get. */
interface Row {
  readonly value: string;
  /** For all forms that are not named. */
  readonly otherwise: number;
  readonly statuses?: Partial<Record<Form, number>>;
}

/** Statuses of a list of tokens, in which empty elements do not count (RFC 9110 section 5.6.1). */
const asList: Row["statuses"] = {
  twice: 101,
  "twice, the second empty": 101,
  "a comma after its value": 101,
  "a list": 101,
};
/** Statuses of a header that is not required and may have any name as its value. */
const anyName: Row["statuses"] = {
  missing: 101,
  "a letter after its value": 101,
  "8 KiB long": 101,
};

const headers: Readonly<Record<string, Row>> = {
  Host: {
    value: "127.0.0.1",
    otherwise: 400,
    // A host's name may contain commas and semicolons (RFC 3986 section 3.2.2).
    statuses: {
      "a comma after its value": 101,
      "a semicolon after its value": 101,
      "a letter after its value": 101,
      "8 KiB long": 101,
    },
  },
  Upgrade: { value: "websocket", otherwise: 426, statuses: asList },
  Connection: { value: "Upgrade", otherwise: 400, statuses: asList },
  "Sec-WebSocket-Key": { value: exampleKey, otherwise: 400 },
  "Sec-WebSocket-Version": {
    value: "13",
    otherwise: 426,
    statuses: { twice: 400, "twice, the second empty": 400 },
  },
  "Sec-WebSocket-Protocol": {
    value: "chat",
    otherwise: 400,
    // The same subprotocol must not occur twice (RFC 6455 section 4.1, item 10).
    statuses: { ...asList, ...anyName, twice: 400, "a list": 400 },
  },
  "Sec-WebSocket-Extensions": {
    value: "x-unheard-of",
    otherwise: 400,
    statuses: { ...asList, ...anyName },
  },
  Origin: {
    value: "http://example.com",
    otherwise: 101,
    statuses: { twice: 400, "twice, the second empty": 400 },
  },
  "Content-Length": { value: "0", otherwise: 400, statuses: { missing: 101 } },
  // A request for an upgrade has no body.
  "Transfer-Encoding": {
    value: "chunked",
    otherwise: 400,
    statuses: { ...Object.fromEntries(equal.map((form) => [form, 400])), missing: 101 },
  },
  "X-Other": { value: "something", otherwise: 101 },
};

function expectedStatus({ otherwise, statuses = {} }: Row, form: Form): number {
  if (malformed.includes(form)) return 400;
  return statuses[form] ?? (equal.includes(form) ? 101 : otherwise);
}

/** Returns a request in which a header has another form. */
function requestIn(form: Form, name: string, value: string): Uint8Array {
  const others = complete.filter((line) => !line.startsWith(`${name}:`));
  return httpHead(...others, ...forms[form](name, value));
}

async function statusOf(scene: Scene, request: Uint8Array): Promise<number> {
  const peer = await scene.connect();
  await peer.send(request);
  const status = Number(await peer.takeStatus());
  peer.destroy();
  return status;
}

async function wholeMatrix(scene: Scene): Promise<void> {
  const cells = Object.entries(headers).flatMap(([name, row]) =>
    (Object.keys(forms) as Form[]).map((form) => ({ name, row, form })),
  );
  await scene.times(cells.length, async (index) => {
    const { name, row, form } = cells[index];
    const status = await statusOf(scene, requestIn(form, name, row.value));
    scene.expect(`${name}, ${form}`, status, expectedStatus(row, form));
  });
  scene.note("requests", cells.length);
}

async function knownCases(scene: Scene): Promise<void> {
  await scene.times(serverHandshakeCases.length, async (index) => {
    const { name, send, status } = serverHandshakeCases[index];
    scene.expect(name, await statusOf(scene, send), status);
  });
}

/** What follows a handshake in one segment, and the first frame that comes back. */
const glued: Readonly<Record<string, readonly [after: Uint8Array, answer: string]>> = {
  "a message": [write.text("at once"), "unmasked text 7: 6174206f6e6365"],
  "a Ping and half a message": [
    concat(write.ping(), write.text("at once").subarray(0, 5)),
    "unmasked pong 0",
  ],
  // "G" is a frame with RSV1 and reserved opcode 7.
  "another handshake": [upgradeTo({}), "unmasked close 1002"],
  "an unmasked message": [new FrameWriter("server").text("at once"), "unmasked close 1002"],
};

async function gluedRequests(scene: Scene): Promise<void> {
  for (const [name, [after, answer]] of Object.entries(glued)) {
    await scene.times(scene.size(50, 10), async () => {
      const peer = await scene.connect();
      await peer.send(concat(upgradeTo({}), after));
      await peer.takeHead();
      const line = await peer.takeLine();
      scene.expect(`a handshake and ${name}`, line.slice(0, answer.length), answer);
      peer.destroy();
    });
  }
  // 1,000 requests at once: the first is answered, and the connection ends.
  await scene.times(scene.size(20, 5), async () => {
    const peer = await scene.connect();
    const get = httpHead("GET / HTTP/1.1", "Host: 127.0.0.1");
    await peer.send(concat(...Array<Uint8Array>(1_000).fill(get)));
    const answers = (await peer.takeAll()).toString("latin1").match(/HTTP\/1\.1 /g)?.length;
    if (scene.isOurs) scene.expect("answers to 1,000 requests at once", answers, 1);
    peer.destroy();
  });
}

/** Every header in every form, and several requests at once. */
export const headerMatrix: readonly Attack[] = [
  {
    name: "every header in every form",
    group,
    about: `${Object.keys(headers).length} headers in ${Object.keys(forms).length} forms each: missing, doubled, malformed; each must get its status`,
    thresholds: { memory: 96 },
    compares: false,
    run: wholeMatrix,
  },
  {
    name: "malformed requests",
    group,
    about: "the requests of the conformance suite, each of which must get its status",
    thresholds: { memory: 96 },
    compares: false,
    run: knownCases,
  },
  {
    name: "requests glued together",
    group,
    about: "handshakes with frames or with other requests in the same segment",
    thresholds: { memory: 96 },
    run: gluedRequests,
  },
];
