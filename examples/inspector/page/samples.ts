import type { Sender } from "@framewright/codec/inspect";
import type { DeflateMode } from "./recording.ts";

/** Bytes to load by a button. */
export interface Sample {
  readonly name: string;
  readonly from: Sender;
  readonly mode?: DeflateMode;
  readonly hex: string;
}

/** Frames that show what the page can do: the RFCs' own examples, and faulty ones. */
export const samples: readonly Sample[] = [
  {
    name: "Masked text",
    from: "client",
    hex: "81 85 37 fa 21 3d 7f 9f 4d 51 58",
  },
  {
    name: "Fragments and a Ping",
    from: "server",
    hex: "01 03 48 65 6c 89 05 48 65 6c 6c 6f 80 02 6c 6f",
  },
  {
    name: "Compressed",
    from: "server",
    mode: "takeover",
    hex: "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00",
  },
  {
    name: "Compressed fragments",
    from: "server",
    mode: "takeover",
    hex: "41 03 f2 48 cd 80 04 c9 c9 07 00",
  },
  {
    name: "Closing",
    from: "client",
    hex: "88 89 37 fa 21 3d 34 12 46 52 58 9e 43 44 52",
  },
  {
    name: "Unmasked by a client",
    from: "client",
    hex: "81 05 48 65 6c 6c 6f 82 84 00 00 00 00 01 02 03 04",
  },
  {
    name: "Bad UTF-8",
    from: "server",
    hex: "81 0b 48 65 6c 6c 6f 20 ed a0 80 21 0a",
  },
  {
    name: "Many faults",
    from: "client",
    hex: "b3 80 01 02 03 04 09 80 37 fa 21 3d 82 fe 00 01 37 fa 21 3d 35 01 83 37 fa 21 3d 7f 9f 4d 82 81 37 fa 21 3d 35 88 82 37 fa 21 3d 34 17 89 80 00 00 00 00",
  },
];
