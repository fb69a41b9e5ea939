import { decodeBase64, decodeHex } from "../values.ts";

/** What a line that was typed asks for. */
export type TypedLine =
  | { readonly kind: "message"; readonly data: string | Uint8Array }
  | { readonly kind: "ping"; readonly payload: string }
  | { readonly kind: "close"; readonly statusCode: number; readonly reason: string }
  | { readonly kind: "file"; readonly path: string; readonly isText: boolean }
  | { readonly kind: "mode"; readonly isJson: boolean }
  | { readonly kind: "info" | "help" | "quit" | "terminate" | "nothing" }
  | { readonly kind: "mistake"; readonly message: string };

export const slashHelp = `\
/ping [TEXT]             send a Ping; its Pong is shown with the round trip
/binary HEX              send bytes as a binary message
/base64 BASE64           the same
/json JSON               check JSON, and send it without spaces
/file PATH               send a file as one binary message, in parts
/textfile PATH           send a file as one text message, in parts
/info                    show the connection's subprotocol, extensions and latency
/close [CODE [REASON]]   start the closing handshake (default 1000)
/terminate               end the connection without a closing handshake
/quit                    close with 1000 and leave; so does Ctrl-D
//TEXT                   send "/TEXT"
`;

/** Parses a line that was typed. All lines that do not start with a slash are messages. */
export function parseTypedLine(line: string): TypedLine {
  if (line === "") return { kind: "nothing" };
  if (!line.startsWith("/")) return { kind: "message", data: line };
  if (line.startsWith("//")) return { kind: "message", data: line.slice(1) };
  const [, name, argument] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? ["", "", ""];
  switch (name) {
    case "ping":
      return ping(argument);
    case "binary":
    case "hex":
      return binary(decodeHex(argument), "/binary needs hex, such as /binary 48 65 6c");
    case "base64":
      return binary(decodeBase64(argument), "/base64 needs base64, such as /base64 SGVs");
    case "json":
      return json(argument);
    case "file":
    case "textfile":
      if (argument === "") return mistake(`/${name} needs a path`);
      return { kind: "file", path: argument, isText: name === "textfile" };
    case "close":
      return close(argument);
    case "info":
    case "help":
    case "quit":
    case "terminate":
      return { kind: name };
    default:
      return mistake(`there is no /${name}; /help lists the commands, // sends a slash`);
  }
}

function mistake(message: string): TypedLine {
  return { kind: "mistake", message };
}

function ping(payload: string): TypedLine {
  if (Buffer.byteLength(payload) > 125) return mistake("a Ping has at most 125 bytes");
  return { kind: "ping", payload };
}

function binary(data: Uint8Array | undefined, message: string): TypedLine {
  return data === undefined ? mistake(message) : { kind: "message", data };
}

function json(text: string): TypedLine {
  try {
    return { kind: "message", data: JSON.stringify(JSON.parse(text)) };
  } catch (error) {
    return mistake(`/json needs JSON: ${(error as Error).message}`);
  }
}

function close(argument: string): TypedLine {
  const [, code, reason] = /^(\S*)\s*(.*)$/s.exec(argument) ?? ["", "", ""];
  const statusCode = code === "" ? 1000 : Number(code);
  const isSendable =
    (statusCode >= 1000 && statusCode <= 1003) ||
    (statusCode >= 1007 && statusCode <= 1014) ||
    (statusCode >= 3000 && statusCode <= 4999);
  if (!Number.isInteger(statusCode) || !isSendable) {
    return mistake("a status code must be 1000 to 1003, 1007 to 1014, or 3000 to 4999");
  }
  if (Buffer.byteLength(reason) > 123) return mistake("a reason has at most 123 bytes");
  return { kind: "close", statusCode, reason };
}
