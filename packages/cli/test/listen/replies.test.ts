import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ReplyTurn, readReplies } from "../../src/listen/replies.ts";

const folder = mkdtempSync(join(tmpdir(), "framewright-cli-"));

function replies(text: string) {
  const file = join(folder, "replies");
  writeFileSync(file, text);
  return readReplies(file);
}

test("lines are text or JSON, and comments are ignored", async () => {
  const lines = [
    "# a comment",
    "",
    "plain text",
    '{"match":"^a","text":"b","delay":5,"close":4000}',
    '{"json":{"a":[1]}}',
    '{"hex":"dead"}',
    '{"base64":"3q0="}',
    '{"close":1000}',
  ];
  expect(await replies(lines.join("\r\n"))).toEqual([
    { match: undefined, data: "plain text", delay: 0, close: undefined },
    { match: /^a/u, data: "b", delay: 5, close: 4000 },
    { match: undefined, data: '{"a":[1]}', delay: 0, close: undefined },
    { match: undefined, data: Uint8Array.of(0xde, 0xad), delay: 0, close: undefined },
    { match: undefined, data: Uint8Array.of(0xde, 0xad), delay: 0, close: undefined },
    { match: undefined, data: undefined, delay: 0, close: 1000 },
  ]);
});

test.each([
  ["", /has no replies/],
  ["ok\n{", /replies:2: /],
  ['{"texd":"a"}', /there is no "texd"/],
  ['{"match":"("}', /replies:1: /],
  ['{"hex":"x"}', /this is no hex/],
  ['{"text":"a","delay":-1}', /delay must be an integer/],
  ['{"close":10}', /close must be an integer/],
])("%j is an error that names the line", async (text, message) => {
  await expect(replies(text)).rejects.toMatchObject({
    code: "WS_ERR_CLI_FILE",
    message: expect.stringMatching(message),
  });
});

test("replies that match come first, and others take turns", async () => {
  const turn = new ReplyTurn(
    await replies(
      'one\ntwo\n{"match":"^a","text":"A1"}\n{"match":"^a","text":"A2"}\n{"match":"^de","text":"hex"}',
    ),
  );
  const messages = ["x", "a", "x", "ab", "a", Uint8Array.of(0xde), "x"];
  const answers = messages.map((message) => turn.take(message)?.data);
  expect(answers).toEqual(["one", "A1", "two", "A2", "A1", "hex", "one"]);
  expect(new ReplyTurn(await replies('{"match":"a","text":"b"}')).take("x")).toBeUndefined();
});
