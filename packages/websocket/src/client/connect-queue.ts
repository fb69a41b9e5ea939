/** The connection attempts to one host and port, or Unix socket. */
interface Host {
  /** Number of attempts that have started and that the host has not answered. */
  unanswered: number;
  /** Whether the host answered the attempt that ended last. */
  isAnswering: boolean;
  isStarting: boolean;
  /** Attempts that have not started, in the order of the calls. */
  readonly waiting: Set<ConnectAttempt>;
}

/** Hosts with attempts that wait or are unanswered. */
const hosts = new Map<string, Host>();

/**
 * One of several attempts to connect to a host (RFC 6455 section 4.1). One attempt at a time starts
 * until the host has answered one, so that a host that is down or overloaded does not get many. Then
 * the others start, a limited number of them unanswered at a time. Other hosts do not wait.
 *
 * An attempt is answered when the TCP connection stands, so that a server that takes long to accept
 * an opening handshake does not delay the next one.
 */
export class ConnectAttempt {
  private readonly address: string;
  private readonly limit: number;
  private readonly start: () => void;
  private state: "waiting" | "started" | "ended" = "waiting";

  /**
   * @param address - Host name and port, or the path of a Unix socket. Each name counts as a host,
   *   because the runtimes do not report which IP address they are about to connect to.
   * @param limit - Maximum number of unanswered attempts, this one included.
   * @param start - Starts to connect. Called once, unless the attempt ends before. Does not throw.
   */
  constructor(address: string, limit: number, start: () => void) {
    this.address = address;
    this.limit = limit;
    this.start = start;
  }

  /** Starts the attempt when it is its turn. */
  queue(): void {
    const host = hosts.get(this.address) ?? newHost();
    hosts.set(this.address, host);
    host.waiting.add(this);
    startWaiting(host);
  }

  get isWaiting(): boolean {
    return this.state === "waiting";
  }

  /** Called when the host has answered, or will not. Only the first call counts. */
  end(isAnswered: boolean): void {
    const host = hosts.get(this.address);
    if (host === undefined || this.state === "ended") return;
    if (this.state === "started") {
      host.unanswered--;
      host.isAnswering = isAnswered;
    }
    this.state = "ended";
    host.waiting.delete(this);
    startWaiting(host);
    if (host.unanswered === 0 && host.waiting.size === 0) hosts.delete(this.address);
  }

  /** Starts the attempt if the limits allow it. Returns whether it did. */
  startOn(host: Host): boolean {
    if (host.unanswered >= (host.isAnswering ? this.limit : 1)) return false;
    host.waiting.delete(this);
    host.unanswered++;
    this.state = "started";
    this.start();
    return true;
  }
}

function newHost(): Host {
  return { unanswered: 0, isAnswering: false, isStarting: false, waiting: new Set() };
}

/** Starts all attempts whose turn it is. Attempts that end while they start do not recurse. */
function startWaiting(host: Host): void {
  if (host.isStarting) return;
  host.isStarting = true;
  for (const attempt of host.waiting) {
    if (!attempt.startOn(host)) break;
  }
  host.isStarting = false;
}
