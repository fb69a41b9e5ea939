import type { CommonOptions } from "@framewright/websocket";

/** Command-line flags of both echo examples for limits, in the form for `parseArgs`. */
export const limitFlags = {
  "max-message-size": { type: "string" },
  "max-fragments": { type: "string" },
  "handshake-timeout": { type: "string" },
  "close-timeout": { type: "string" },
} as const;

type LimitFlag = keyof typeof limitFlags;

const optionOf = {
  "max-message-size": "maxMessageSize",
  "max-fragments": "maxFragments",
  "handshake-timeout": "handshakeTimeout",
  "close-timeout": "closeTimeout",
} as const satisfies Record<LimitFlag, keyof CommonOptions>;

/** Makes options from the given flags. The others keep their defaults. */
export function limits(values: Readonly<Partial<Record<LimitFlag, string>>>): CommonOptions {
  const options: CommonOptions = {};
  for (const flag of Object.keys(limitFlags) as LimitFlag[]) {
    const value = values[flag];
    if (value !== undefined) options[optionOf[flag]] = Number(value);
  }
  return options;
}
