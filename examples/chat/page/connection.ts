import type { ClientMessage, ServerMessage } from "../protocol.ts";

/** The shortest and the longest wait before reconnecting, in milliseconds. */
const firstWait = 500;
const longestWait = 10_000;

export type Status =
  | { readonly state: "connecting"; readonly isRetry: boolean }
  | { readonly state: "open" }
  /** Lost or refused, with the status code and the seconds until the next attempt. */
  | { readonly state: "waiting"; readonly statusCode: number; readonly seconds: number };

/** The direction of bytes as seen from the page. */
export type Direction = "sent" | "received";

export interface ConnectionListener {
  status(status: Status): void;
  message(message: ServerMessage): void;
  /** A new connection starts, whose bytes will be shown. */
  wireStarted(): void;
  wire(direction: Direction, bytes: Uint8Array): void;
}

/**
 * The connection to a room. A script cannot see the bytes of its WebSocket, but the server can.
 * So each attempt first opens a second WebSocket, over which the server forwards the bytes of the
 * first. A lost connection is reopened automatically, after increasing waits.
 */
export class RoomConnection {
  private readonly path: string;
  private readonly listener: ConnectionListener;
  private readonly left = new AbortController();
  private name = "";
  private room: WebSocket | undefined = undefined;
  private wire: WebSocket | undefined = undefined;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** @param roomName - A name that `checkRoomName` returned. */
  constructor(roomName: string, listener: ConnectionListener) {
    this.path = `/rooms/${encodeURIComponent(roomName)}`;
    this.listener = listener;
    addEventListener("online", () => this.retry(), { signal: this.left.signal });
  }

  /** Joins the room under a name, or changes the name if already there. */
  enter(name: string): void {
    this.name = name;
    if (this.room?.readyState === WebSocket.OPEN) this.send({ type: "rename", name });
    else if (this.timer === undefined && this.wire === undefined) this.open();
  }

  /** @returns Whether the message was sent; false without an open connection. */
  send(message: ClientMessage): boolean {
    if (this.room?.readyState !== WebSocket.OPEN) return false;
    this.room.send(JSON.stringify(message));
    return true;
  }

  /** Leaves the room for good. The listener is not called any more. */
  leave(): void {
    this.left.abort();
    clearTimeout(this.timer);
    const { room, wire } = this;
    if (wire !== undefined) wire.onmessage = wire.onclose = null;
    if (room === undefined) return closeOnceOpen(wire);
    room.onmessage = null;
    // The opening handshake of the room is refused without its view.
    room.onclose = () => closeOnceOpen(wire);
    closeOnceOpen(room);
  }

  /** Reconnects immediately if a retry is pending. */
  retry(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.open();
  }

  private open(): void {
    this.listener.status({ state: "connecting", isRetry: this.failures > 0 });
    this.wire?.close();
    const id = randomId();
    const wire = new WebSocket(url("/wire", { id }));
    this.wire = wire;
    wire.binaryType = "arraybuffer";
    let entered = false;
    wire.onopen = () => {
      entered = true;
      this.listener.wireStarted();
      this.openRoom({ name: this.name, wire: id });
    };
    wire.onmessage = ({ data }) => {
      const bytes = new Uint8Array(data as ArrayBuffer);
      this.listener.wire(bytes[0] === 0 ? "sent" : "received", bytes.subarray(1));
    };
    // If the view cannot be opened, join the room without it.
    wire.onclose = () => {
      if (!entered) this.openRoom({ name: this.name });
    };
  }

  private openRoom(query: Readonly<Record<string, string>>): void {
    const room = new WebSocket(url(this.path, query));
    this.room = room;
    room.onmessage = ({ data }) => {
      const message = JSON.parse(data as string) as ServerMessage;
      if (message.type === "welcome") {
        this.failures = 0;
        this.listener.status({ state: "open" });
      }
      this.listener.message(message);
      // The name may have changed during the handshake.
      if (message.type === "welcome" && query.name !== this.name) this.enter(this.name);
    };
    room.onclose = ({ code }) => {
      this.room = undefined;
      this.wait(code);
    };
  }

  private wait(statusCode: number): void {
    // Randomised, so that not all pages of a restarted server reconnect at once.
    const wait =
      Math.min(firstWait * 2 ** this.failures++, longestWait) * (0.75 + Math.random() / 2);
    const until = Date.now() + wait;
    const tick = () => {
      const left = until - Date.now();
      if (left <= 0) {
        this.timer = undefined;
        return this.open();
      }
      this.timer = setTimeout(tick, Math.min(left, 1_000));
      this.listener.status({ state: "waiting", statusCode, seconds: Math.ceil(left / 1_000) });
    };
    tick();
  }
}

/** Closes a WebSocket. To close it before it is open would be an error in the console. */
function closeOnceOpen(socket: WebSocket | undefined): void {
  if (socket === undefined) return;
  socket.onopen = () => socket.close();
  if (socket.readyState === WebSocket.OPEN) socket.close();
}

function url(path: string, query: Readonly<Record<string, string>>): URL {
  const made = new URL(`${path}?${new URLSearchParams(query)}`, location.href);
  made.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return made;
}

/** Returns 128 random bits in hexadecimal. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
