import process from "node:process";
import type {
  ConnectionInspector,
  FrameInspector,
  InspectedFrame,
  InspectedHandshake,
  Sender,
} from "@framewright/codec/inspect";
import { type Colours, coloursFor } from "../terminal/colours.ts";
import { escapedJson, escapeText } from "../terminal/escape.ts";
import { writeAll } from "../terminal/write.ts";
import { drawFrame } from "./figure.ts";
import {
  describeContent,
  describeFault,
  describeFrame,
  describeHandshake,
  frameValue,
} from "./frame-text.ts";

/** How frames are shown. */
export type ReportForm = "figure" | "line" | "json";

/** Where a frame was found. */
export interface Place {
  /** The connection, such as `127.0.0.1:50000 > 127.0.0.1:8080`; undefined if there is only one. */
  readonly connection?: string | undefined;
  /** Seconds since the first packet; undefined if that is not known. */
  readonly time?: number | undefined;
}

/** How many characters of a text message are shown. */
const maxText = { figure: 1_000, line: 200, json: 0 } as const;

/** Prints what inspectors find, and counts the faults. */
export class Report {
  faults = 0;
  frames = 0;
  private readonly form: ReportForm;
  private readonly maxRows: number;
  private readonly colours: Colours;
  private readonly shownHandshakes = new WeakSet<InspectedHandshake>();

  /** @param maxRows - How many rows of payload a figure has at most. */
  constructor(form: ReportForm, maxRows: number) {
    this.form = form;
    this.maxRows = maxRows;
    this.colours = coloursFor(process.stdout);
  }

  /** Shows all frames that both directions of a connection have now. */
  async takeConnection(inspector: ConnectionInspector, place: Place): Promise<void> {
    for (;;) {
      const item = inspector.next();
      await this.handshake(inspector.fromClient, "client", place);
      await this.handshake(inspector.fromServer, "server", place);
      if (item === undefined) return;
      await this.frame(item.frame, item.from, place);
    }
  }

  /** Shows all frames that an inspector of one direction has now. */
  async takeFrames(inspector: FrameInspector): Promise<void> {
    for (let frame = inspector.next(); frame !== undefined; frame = inspector.next()) {
      await this.handshakeOf(inspector);
      await this.frame(frame, inspector.role === "client" ? "server" : "client", {});
    }
    await this.handshakeOf(inspector);
  }

  private handshakeOf(inspector: FrameInspector): Promise<void> {
    return this.handshake(inspector, inspector.role === "client" ? "server" : "client", {});
  }

  /** Shows the faults of the end of a direction. */
  async end({ endFaults }: FrameInspector, from: Sender, place: Place): Promise<void> {
    if (endFaults.length === 0) return;
    this.faults += endFaults.length;
    const title = this.title("end", from, place);
    await this.print({ ...place, from, faults: endFaults }, () => [
      title,
      ...endFaults.map((fault) => describeFault(fault, this.colours)),
    ]);
  }

  /** Shows a remark, such as that packets are missing. */
  async note(text: string): Promise<void> {
    await this.print({ note: text }, () => [this.colours.yellow(escapeText(text))]);
  }

  private async handshake(inspector: FrameInspector, from: Sender, place: Place): Promise<void> {
    const { handshake } = inspector;
    if (handshake === undefined || this.shownHandshakes.has(handshake)) return;
    this.shownHandshakes.add(handshake);
    this.faults += handshake.faults.length;
    const { kind, startLine, headers, faults } = handshake;
    const lines = () => {
      const title = this.title(kind, from, place);
      const start = escapeText(startLine);
      const shown = faults.map((fault) => describeFault(fault, this.colours));
      if (this.form === "line") return [`${title}: ${start}`, ...shown];
      return [title, ...describeHandshake(handshake, this.colours)];
    };
    await this.print({ ...place, from, handshake: { kind, startLine, headers }, faults }, lines);
  }

  private async frame(frame: InspectedFrame, from: Sender, place: Place): Promise<void> {
    this.frames++;
    this.faults += frame.faults.length;
    await this.print({ ...place, from, frame: frameValue(frame) }, () => {
      const { colours } = this;
      const title = this.title(`frame ${frame.index} at byte ${frame.offset}`, from, place);
      const lines = [`${title}: ${describeFrame(frame)}`];
      if (this.form === "figure") lines.push(...drawFrame(frame, colours, this.maxRows));
      lines.push(...describeContent(frame, colours, maxText[this.form]));
      lines.push(...frame.faults.map((fault) => describeFault(fault, colours)));
      return lines;
    });
  }

  private title(what: string, from: Sender, { connection, time }: Place): string {
    const { colours } = this;
    const arrow = from === "client" ? colours.green("client →") : colours.magenta("server ←");
    const words = [
      time === undefined ? "" : colours.dim(`${time.toFixed(6)} s`),
      connection === undefined ? "" : colours.dim(escapeText(connection)),
      arrow,
      colours.bold(what),
    ];
    return words.filter((word) => word !== "").join(" ");
  }

  private async print(value: object, lines: () => string[]): Promise<void> {
    if (this.form === "json") {
      await writeAll(process.stdout, `${escapedJson(value)}\n`);
      return;
    }
    const gap = this.form === "figure" ? "\n" : "";
    await writeAll(process.stdout, `${lines().join("\n")}\n${gap}`);
  }
}
