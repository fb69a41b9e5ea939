/** A server's response to a client's `Sec-WebSocket-Extensions` (RFC 7692 sections 5 and 7.1). */
export interface DeflateOfferCase {
  readonly name: string;
  readonly section: string;
  /** The values of the header, one per line. */
  readonly offers: readonly string[];
  /** The parameters of the response; undefined if all offers are declined. */
  readonly answer: readonly string[] | undefined;
}

const name = "permessage-deflate";

function offer(
  section: string,
  what: string,
  value: string | readonly string[],
  ...answer: readonly string[]
): DeflateOfferCase {
  const offers = typeof value === "string" ? [value] : value;
  return { name: what, section, offers, answer };
}

/** An offer that must be declined (RFC 7692 section 7) and thus must not be in the response. */
function declined(parameters: string): DeflateOfferCase[] {
  const bad = `${name}; ${parameters}`;
  return [
    { name: `declined: ${parameters}`, section: "7", offers: [bad], answer: undefined },
    offer(
      "5",
      `skipped: ${parameters}`,
      `${bad}, ${name}; server_max_window_bits=13`,
      "server_max_window_bits=13",
    ),
  ];
}

/**
 * Cases for the largest windows. A server may add `client_no_context_takeover` to these responses.
 */
export const deflateOfferCases: readonly DeflateOfferCase[] = [
  offer("7.1", "no parameters", name),
  offer("7.1.2.2", "client_max_window_bits without a value", `${name}; client_max_window_bits`),
  ...[8, 9, 14].map((bits) =>
    offer(
      "7.1.2.2",
      `client_max_window_bits=${bits}`,
      `${name}; client_max_window_bits=${bits}`,
      `client_max_window_bits=${bits}`,
    ),
  ),
  ...[9, 10, 15].map((bits) =>
    offer(
      "7.1.2.1",
      `server_max_window_bits=${bits}`,
      `${name}; server_max_window_bits=${bits}`,
      `server_max_window_bits=${bits}`,
    ),
  ),
  offer(
    "7.1",
    "a value in quotes",
    `${name}; server_max_window_bits="10"`,
    "server_max_window_bits=10",
  ),
  offer(
    "7.1.1.1",
    "server_no_context_takeover",
    `${name}; server_no_context_takeover`,
    "server_no_context_takeover",
  ),
  offer(
    "7.1.1.2",
    "client_no_context_takeover",
    `${name}; client_no_context_takeover`,
    "client_no_context_takeover",
  ),
  offer(
    "7.1",
    "all parameters, in unusual order and with unusual white space",
    `${name} ;client_max_window_bits = 11;\tserver_no_context_takeover ; server_max_window_bits=12; client_no_context_takeover`,
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits=12",
    "client_max_window_bits=11",
  ),
  offer(
    "5",
    "the first of several offers",
    `${name}; server_max_window_bits=10, ${name}`,
    "server_max_window_bits=10",
  ),
  offer(
    "5",
    "offers over several lines, with others between them",
    [
      "x-webkit-deflate-frame",
      `${name}; server_max_window_bits=8, x-unheard-of`,
      `${name}; server_max_window_bits=11`,
    ],
    "server_max_window_bits=11",
  ),
  ...declined("server_max_window_bits=8"),
  ...declined("server_max_window_bits"),
  ...["7", "16", "08", "010", "+9", "9.0", "0x9", "1e1", "nine", "150"].flatMap((value) => [
    ...declined(`server_max_window_bits=${value}`),
    ...declined(`client_max_window_bits=${value}`),
  ]),
  ...declined("server_no_context_takeover=true"),
  ...declined("client_no_context_takeover=0"),
  ...declined("no_context_takeover"),
  ...declined("Server_No_Context_Takeover"),
  ...declined("__proto__"),
  ...declined("server_no_context_takeover; server_no_context_takeover"),
  ...declined("client_no_context_takeover; client_no_context_takeover"),
  ...declined("client_max_window_bits; client_max_window_bits"),
  ...declined("client_max_window_bits; client_max_window_bits=10"),
  ...declined("server_max_window_bits=10; server_max_window_bits=10"),
  ...[
    "permessage-bzip2",
    "permessage-deflate-2",
    "PERMESSAGE-DEFLATE",
    "x-webkit-deflate-frame",
  ].map(
    (value): DeflateOfferCase => ({
      name: `another extension: ${value}`,
      section: "5",
      offers: [value],
      answer: undefined,
    }),
  ),
];
