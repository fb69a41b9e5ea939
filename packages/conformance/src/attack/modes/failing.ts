import type { Mode, SubjectSocket } from "../subject-types.ts";

/** The handlers that can fail. */
export const failingHandlers = ["open", "message", "pong", "drain", "close", "wire"] as const;
export type FailingHandler = (typeof failingHandlers)[number];

type Failure = (error: Error) => unknown;

/** The ways in which a handler can fail. */
export const failures = {
  throws(error) {
    throw error;
  },
  async rejects(error) {
    await null;
    throw error;
  },
  async "rejects later"(error) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw error;
  },
  "returns an object whose then getter throws": (error) => ({
    // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
    get then() {
      throw error;
    },
  }),
  "returns a thenable whose then throws": (error) => ({
    // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
    then() {
      throw error;
    },
  }),
  "returns a thenable that rejects twice": (error) => ({
    // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
    then(_: unknown, reject: (error: Error) => void) {
      reject(error);
      reject(error);
    },
  }),
} as const satisfies Record<string, Failure>;
export type FailureName = keyof typeof failures;

/** More than the operating system buffers for a client that does not read. */
const muchOutput = new Uint8Array(8_388_608);

/**
 * Fails once per connection, in the handler and in the way that the query names. Echoes for all
 * other connections.
 */
export const failing: Mode = ({ note }) => {
  const failed = new WeakSet<SubjectSocket>();
  // The types promise a void result, but users may return anything.
  const fail = (handler: FailingHandler, socket: SubjectSocket): undefined => {
    if (socket.data.get("handler") !== handler || failed.has(socket)) return undefined;
    failed.add(socket);
    const failure: Failure = failures[socket.data.get("failure") as FailureName];
    return failure(new Error(`fault of ${socket.data.get("id")}`)) as undefined;
  };
  return {
    open(socket) {
      return fail("open", socket);
    },
    message(socket, data) {
      if (socket.data.get("handler") === "message") return fail("message", socket);
      if (socket.data.get("handler") === "drain") {
        note(`output for ${socket.data.get("id")} is ${socket.send(muchOutput)}`);
        return undefined;
      }
      socket.send(data);
      return undefined;
    },
    pong: (socket) => fail("pong", socket),
    drain: (socket) => fail("drain", socket),
    close: (socket) => fail("close", socket),
    wire: (socket, direction) => (direction === "in" ? fail("wire", socket) : undefined),
  };
};

/** The same mode without an `error` handler. */
export const failingUnreported: Mode = (subject) => ({
  ...failing(subject),
  error: undefined as never,
});

/**
 * The same mode with an `error` handler that also fails, in the way that the query calls `second`.
 */
export const failingError: Mode = (subject) => ({
  ...failing(subject),
  error(_, socket) {
    const failure: Failure = failures[socket?.data.get("second") as FailureName];
    return failure(new Error("fault of the error handler")) as undefined;
  },
});

/**
 * For the message "twice", returns a thenable that settles twice. Other messages take 50 ms each
 * and must be handled one after another.
 */
export const settlingTwice: Mode = ({ note }) => {
  let atOnce = 0;
  return {
    message(_, data) {
      note(`${data}, ${atOnce} under way`);
      if (data !== "twice") {
        atOnce++;
        return new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
          atOnce--;
        });
      }
      const twice = {
        // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
        then(resolve: () => void) {
          resolve();
          setTimeout(resolve, 10);
        },
      };
      return twice as unknown as Promise<void>;
    },
  };
};
