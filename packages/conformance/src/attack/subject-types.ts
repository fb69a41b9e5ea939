import type {
  AnyConnectOptions,
  AnyServeOptions,
  CommonOptions,
  Server,
  Socket,
} from "@framewright/websocket";

/** The query of the client's request, made by `accept`. */
export type Query = URLSearchParams;
export type SubjectSocket = Socket<Query>;

/** The functions of the transport package under test. */
export interface Transports {
  serve(options: AnyServeOptions<Query>): Promise<Server<Query>>;
  connect(url: string, options: AnyConnectOptions<Query>): Promise<SubjectSocket>;
}

/** Options that a test may set. The others keep their defaults. */
export interface SubjectOptions extends CommonOptions {
  /** Bytes of memory for received data of all connections. */
  maxReceiveMemory?: number;
}

/** How one connection ended. */
export interface RecordedClose {
  /** The `id` in the request's query, or "". */
  readonly id: string;
  readonly statusCode: number;
  readonly wasClean: boolean;
  /** The code of the error that caused it, if any. */
  readonly errorCode?: string;
}

/** The subject's answer to `GET /state`. */
export interface SubjectState {
  readonly clients: number;
  /** Messages of the errors passed to the `error` handler. */
  readonly errors: string[];
  readonly closes: RecordedClose[];
  /** Notes of the mode. */
  readonly notes: string[];
  /** Longest delay of a timer since the last request, in milliseconds. */
  readonly timerDelay: number;
}

/** What a mode can use. */
export interface Subject {
  readonly options: SubjectOptions;
  /** Starts a further server. */
  readonly serve: Transports["serve"];
  /** Adds a note for the test. */
  note(text: string): void;
  /** Returns the server, once it listens. */
  server(): Server<Query>;
}

/** The handlers and options of a server for one kind of attack. */
export type Mode = (subject: Subject) => AnyServeOptions<Query>;

/** What the client prints about an opened connection. */
export interface ClientResult {
  /** Descriptions of wrong messages. */
  readonly wrong: string[];
  readonly count: number;
}
