import type { EndReport, Plan } from "./lines.ts";

/** Numbers of all connections that ended. */
export interface Totals {
  connections: number;
  up: number;
  down: number;
  /** Deliveries of messages to topics. */
  topics: number;
  /** Messages of connections that were cut off, which were sent and not received. */
  cutOff: number;
  plans: Record<Plan, number>;
}

/** Compares what both ends of each connection say about it. */
export class Accounts {
  readonly totals: Totals = {
    connections: 0,
    up: 0,
    down: 0,
    topics: 0,
    cutOff: 0,
    plans: { close: 0, server: 0, reset: 0, vanish: 0 },
  };
  /** What the server must have counted. */
  sentByServer = 0;
  receivedByServer = 0;
  private readonly fault: (text: string) => void;
  private readonly servers = new Map<number, EndReport>();
  private readonly clients = new Map<number, EndReport>();

  constructor(fault: (text: string) => void) {
    this.fault = fault;
  }

  /** Number of connections of which only one end has reported. */
  get open(): number {
    return this.servers.size + this.clients.size;
  }

  add(report: EndReport): void {
    const isClient = report.plan !== undefined;
    (isClient ? this.clients : this.servers).set(report.id, report);
    const client = this.clients.get(report.id);
    const server = this.servers.get(report.id);
    if (client === undefined || server === undefined) return;
    this.clients.delete(report.id);
    this.servers.delete(report.id);
    this.compare(client, server);
  }

  private compare(client: EndReport, server: EndReport): void {
    const { plan = "close" } = client;
    const { totals } = this;
    totals.connections++;
    totals.plans[plan]++;
    totals.up += server.up;
    totals.down += client.down;
    this.receivedByServer += server.up;
    this.sentByServer += 1 + server.down;
    const isClean = plan === "close" || plan === "server";
    this.compareCount(isClean, client.id, "to the server", client.up, server.up);
    this.compareCount(isClean, client.id, "to the client", server.down, client.down);
    for (const [topic, sent] of Object.entries(server.topics)) {
      const got = client.topics[topic] ?? 0;
      this.compareCount(isClean, client.id, `to topic ${topic}`, sent, got);
      totals.topics += got;
      this.sentByServer += sent;
    }
    this.compareEnd(plan, client, server);
  }

  /** A clean end loses nothing. A connection that is cut off loses the last messages alone. */
  private compareCount(isClean: boolean, id: number, what: string, sent: number, got: number) {
    if (isClean ? sent !== got : got > sent) {
      this.fault(`${id}: ${got} messages ${what} of ${sent} sent`);
    }
    this.totals.cutOff += sent - got;
  }

  private compareEnd(plan: Plan, client: EndReport, server: EndReport): void {
    const { id } = client;
    const expected = { close: 1_000, server: 4_000, reset: 1_006, vanish: 1_006 }[plan];
    if (server.statusCode !== expected || client.statusCode !== expected) {
      this.fault(
        `${id}: ${plan} ended with ${server.statusCode} ${server.error} and ${client.statusCode}`,
      );
    }
    if (plan === "vanish" && server.error !== "WS_ERR_HEARTBEAT_TIMEOUT") {
      this.fault(`${id}: a client that vanished was noticed by ${server.error}`);
    }
  }
}
