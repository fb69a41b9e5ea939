import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { exampleKey, upgradeAnswer } from "../../src/opening-handshake.ts";
import type { Attack } from "../instrument/attack.ts";
import { commandOf } from "../instrument/contenders.ts";
import { onVictimCore } from "../instrument/cores.ts";
import type { Scene } from "../instrument/scene.ts";
import type { Dialled, DialOutcome, DialQuestion } from "../victims/dial.ts";
import {
  aborts,
  afterTls,
  cutAfter,
  endlessAnswers,
  mutes,
  quickMutes,
  timeout,
  tlsFaults,
  wrongAnswers,
} from "./behaviours.ts";
import { type Behaviour, failing, HostileServer } from "./hostile-server.ts";

const group = "servers";

/** How a victim is made to connect. */
interface Manner {
  /** Attempts of each kind on each server. */
  readonly count: number;
  /** "below" is a server of TCP for clients of TLS. */
  readonly tls?: "below" | "above";
}

const ourApis = ["connect", "reconnecting", "WebSocket"] as const;

/** The handshake timeout for servers that do not end on their own, in milliseconds. */
const short = (scene: Scene) => scene.size(2_000, 400);
/** For all others: a machine that is busy must not change the outcome. */
const long = 20_000;

async function startAll(
  scene: Scene,
  behaviours: readonly Behaviour[],
  tls: Manner["tls"],
): Promise<HostileServer[]> {
  const files = tls === "above" ? scene.certificates : undefined;
  return Promise.all(behaviours.map((behaviour) => HostileServer.start(behaviour, files)));
}

function questionsFor(
  scene: Scene,
  servers: readonly HostileServer[],
  { count, tls }: Manner,
): DialQuestion[] {
  const { isOurs, certificates } = scene;
  const attempts = servers.flatMap(({ url, behaviour }) =>
    Array<Dialled>(count).fill({
      url: tls === "below" ? url.replace("ws:", "wss:") : url,
      handshakeTimeout: behaviour.code === timeout ? short(scene) : long,
      ca: tls === undefined ? undefined : certificates.ca,
    }),
  );
  const question = { attempts, patience: isOurs ? 30_000 : 3_000 };
  return (isOurs ? ourApis : (["WebSocket"] as const)).map((api) => ({ ...question, api }));
}

/** Checks that each attempt ended once, in the way that the behaviour demands. */
function check(
  scene: Scene,
  servers: readonly HostileServer[],
  { api }: DialQuestion,
  outcomes: readonly DialOutcome[],
): void {
  const count = outcomes.length / servers.length;
  servers.forEach(({ behaviour: { name, code, otherCode, events = failing } }, index) => {
    const wanted = api === "WebSocket" ? events : code;
    const some = outcomes
      .slice(index * count, (index + 1) * count)
      .map(({ what }) => (api !== "WebSocket" && what === otherCode ? code : what));
    scene.expect(`${api}, ${name}`, [...new Set(some)], [wanted]);
  });
}

/** Lets the victim connect to a server of each behaviour at once. */
async function attack(
  scene: Scene,
  behaviours: readonly Behaviour[],
  manner: Manner,
): Promise<void> {
  const servers = await startAll(scene, behaviours, manner.tls);
  try {
    const questions = questionsFor(scene, servers, manner);
    const outcomes = await scene.victim.dial(questions);
    for (const [index, some] of outcomes.entries()) check(scene, servers, questions[index], some);
    const times = outcomes.flat().map(({ milliseconds }) => milliseconds);
    scene.note("attempts", times.length);
    scene.note("longest in ms", Math.round(Math.max(...times)));
    const left = () => servers.reduce((sum, { open }) => sum + open.size, 0);
    for (let waited = 0; left() > 0 && waited < (scene.isOurs ? 10_000 : 1_000); waited += 20)
      await delay(20);
    const named = servers
      .filter(({ open }) => open.size > 0)
      .map(({ behaviour }) => behaviour.name);
    scene.expect("connections that the client has left open", named, []);
  } finally {
    for (const server of servers) server.stop();
  }
}

const answerLength = upgradeAnswer(exampleKey).length;

async function cutEverywhere(scene: Scene): Promise<void> {
  const step = scene.size(1, 3);
  const lengths = Array.from({ length: answerLength }, (_, length) => length + 1);
  const some = lengths.filter((length) => (answerLength - length) % step === 0);
  const cuts = some.flatMap((length) => cutAfter(length, answerLength));
  await attack(scene, cuts, { count: scene.size(3, 1) });
}

/** Starts a process that has nothing else to do, and waits for its end. */
async function leaveAlone(scene: Scene): Promise<void> {
  const [plain, below, above] = await Promise.all([
    startAll(scene, [...quickMutes, ...endlessAnswers, ...wrongAnswers, ...aborts], undefined),
    startAll(scene, tlsFaults, "below"),
    startAll(scene, afterTls, "above"),
  ]);
  const manner = { count: 1 };
  const questions = [
    ...questionsFor(scene, plain, manner),
    ...questionsFor(scene, below, { ...manner, tls: "below" }),
    ...questionsFor(scene, above, { ...manner, tls: "above" }),
  ];
  const { runtime } = scene.victim.contender;
  const leaving = { name: "a client", runtime, isOurs: true, script: "leaving" };
  const [program, ...args] = onVictimCore(commandOf(leaving, questions));
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { out: "", error: "" };
  let printedAt = performance.now();
  child.stdout.on("data", (bytes) => {
    printed.out += bytes;
    printedAt = performance.now();
  });
  child.stderr.on("data", (bytes) => {
    printed.error += bytes;
  });
  const exit = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? String(signal)));
  });
  const ended = await Promise.race([exit, delay(30_000, "it is kept alive", { ref: false })]);
  child.kill("SIGKILL");
  scene.expect("the end of the process", ended, 0);
  scene.expect("standard error", printed.error, "");
  scene.note("alive after the last attempt, in ms", Math.round(performance.now() - printedAt));
  const outcomes: DialOutcome[][] = JSON.parse(printed.out || "[]");
  scene.expect("number of results", outcomes.length, questions.length);
  const all = [plain, below, above].flatMap((servers) => ourApis.map(() => servers));
  for (const [index, some] of outcomes.entries()) check(scene, all[index], questions[index], some);
  for (const server of [...plain, ...below, ...above]) server.stop();
}

/** Attacks by servers on clients: `connect`, `reconnecting` and the standard `WebSocket` class. */
export const maliciousServers: readonly Attack[] = [
  {
    name: "servers that fall silent",
    group,
    about:
      "the victim connects 450 times, in three ways, to servers that fall silent at nine steps (short: 18 times)",
    thresholds: { memory: 144 },
    run: (scene) => attack(scene, mutes, { count: scene.size(50, 2) }),
  },
  {
    name: "answers without end",
    group,
    about:
      "the victim connects 60 times, in three ways, to servers whose heads, interim responses and bodies do not end (short: 12 times)",
    thresholds: { memory: 144 },
    run: (scene) => attack(scene, endlessAnswers, { count: scene.size(5, 1) }),
  },
  {
    name: "wrong answers",
    group,
    about:
      "the victim connects 500 times, in three ways, to servers with ten wrong answers (short: 20 times)",
    thresholds: { memory: 144 },
    run: (scene) => attack(scene, wrongAnswers, { count: scene.size(50, 2) }),
  },
  {
    name: "ends at each stage",
    group,
    about:
      "the victim connects 400 times, in three ways, to servers that end or reset the connection at four stages (short: 16 times)",
    thresholds: { memory: 144 },
    run: (scene) => attack(scene, aborts, { count: scene.size(50, 2) }),
  },
  {
    name: "ends after each byte",
    group,
    about:
      "servers end or reset the connection after each byte of their answer, three times a client (short: each third byte, once)",
    thresholds: { memory: 144 },
    run: cutEverywhere,
  },
  {
    name: "faults of TLS",
    group,
    about:
      "the victim connects 200 times, in three ways, to servers that fall silent, end, reset or send noise in the TLS handshake (short: 20 times)",
    thresholds: { memory: 320 },
    compares: false,
    run: (scene) =>
      attack(scene, tlsFaults, {
        count: scene.size(20, 2),
        tls: "below",
      }),
  },
  {
    name: "faults after TLS",
    group,
    about:
      "the victim connects 150 times, in three ways, to servers that fall silent, end or reset after the TLS handshake (short: 15 times)",
    thresholds: { memory: 320 },
    compares: false,
    run: (scene) =>
      attack(scene, afterTls, {
        count: scene.size(10, 1),
        tls: "above",
      }),
  },
  {
    name: "a process that is left alone",
    group,
    about: "a process connects once to each of these servers, has nothing more to do, and must end",
    thresholds: { memory: 144 },
    compares: false,
    run: leaveAlone,
  },
];
