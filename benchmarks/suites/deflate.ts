import type { Context } from "../instrument/context.ts";
import { compressorTable } from "./deflate-compressors.ts";
import { deflateEchoTable } from "./deflate-echo.ts";
import { deflateMemoryTable } from "./deflate-memory.ts";
import type { Suite } from "./suite.ts";

export const deflate: Suite = {
  name: "deflate",
  about: "What does permessage-deflate cost, in CPU time and memory, and what does it save?",
  async run(context: Context) {
    return [
      await deflateEchoTable(context),
      await deflateMemoryTable(context),
      await compressorTable(context),
    ];
  },
};
