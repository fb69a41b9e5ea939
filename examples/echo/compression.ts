import type { CommonOptions, CompressionOptions } from "@framewright/websocket";

/** Command-line flags of both echo examples for compression, in the form for `parseArgs`. */
export const compressionFlags = {
  deflate: { type: "boolean" },
  "deflate-takeover": { type: "boolean" },
  "deflate-strict": { type: "boolean" },
  "deflate-window-bits": { type: "string" },
  "deflate-threshold": { type: "string" },
  "deflate-level": { type: "string" },
  "deflate-mem-level": { type: "string" },
  "deflate-max-memory": { type: "string" },
} as const;

type BooleanFlag = "deflate" | "deflate-takeover" | "deflate-strict";
type NumberFlag = Exclude<keyof typeof compressionFlags, BooleanFlag>;

const optionOf = {
  "deflate-window-bits": "windowBits",
  "deflate-threshold": "threshold",
  "deflate-level": "level",
  "deflate-mem-level": "memLevel",
  "deflate-max-memory": "maxMemory",
} as const satisfies Record<NumberFlag, keyof CompressionOptions>;

/** The flags as parsed by `parseArgs`. */
type Values = Readonly<Partial<Record<NumberFlag, string> & Record<BooleanFlag, boolean>>>;

/**
 * Makes the `compression` option from the given flags. Without `--deflate` nothing is compressed.
 */
export function compression(values: Values): Pick<CommonOptions, "compression"> {
  if (values.deflate !== true) return {};
  const options: { -readonly [Option in keyof CompressionOptions]: CompressionOptions[Option] } = {
    contextTakeover: values["deflate-takeover"] === true,
    strict: values["deflate-strict"] === true,
  };
  for (const flag of Object.keys(optionOf) as NumberFlag[]) {
    const value = values[flag];
    if (value !== undefined) options[optionOf[flag]] = Number(value);
  }
  return { compression: options };
}
