/** Benchmarks the codec's `Connection` with the options of this runtime's transport. */
import { Connection, ConnectionEvent } from "@framewright/codec";
import { outputBufferSize } from "@framewright/codec/internal";
import { fail } from "../instrument/child.ts";
import { makeData, makeInput, options, type Step, serveSteps } from "./codec-work.ts";
import { drawMaskingKey } from "./masking-keys.ts";
import { runtimeSupport } from "./runtime-support.ts";

const { direction, masked, borrowedMessages = false } = options;
const connection = new Connection({
  ...runtimeSupport,
  role: (direction === "decode") === masked ? "server" : "client",
  maxMessageSize: 2 ** 26,
  maxFragments: 2 ** 20,
  borrowedMessages,
  drawMaskingKey,
});

function decoding(chunks: readonly Uint8Array[], messages: number): Step {
  return () => {
    let length = 0;
    let count = 0;
    for (const chunk of chunks) {
      connection.receive(chunk);
      for (let event = connection.next(); event !== 0; event = connection.next()) {
        if (event !== ConnectionEvent.Message) fail(connection.closed?.error);
        length += connection.message.length;
        count++;
      }
    }
    if (count !== messages) fail(`decoded ${count} messages instead of ${messages}`);
    return length;
  };
}

/** Queues messages as a burst would, and reads the output as a transport would. */
function encoding(data: string | Uint8Array, messages: number): Step {
  return () => {
    let written = 0;
    for (let i = 0; i < messages; i++) {
      connection.send(data);
      if (connection.bufferedAmount >= outputBufferSize) written += write();
    }
    return written + write();
  };
}

function write(): number {
  let written = 0;
  for (let bytes = connection.peek(); bytes !== undefined; bytes = connection.peek()) {
    written += bytes.length;
    connection.advance(bytes.length);
  }
  connection.releaseOutput();
  return written;
}

const { chunks, messages } = makeInput();
serveSteps(
  direction === "decode" ? decoding(chunks, messages) : encoding(makeData(), messages),
  messages,
);
