import type { Context } from "../instrument/context.ts";
import type { Table } from "../instrument/results.ts";

/** Measurements that answer one question. */
export interface Suite {
  readonly name: string;
  /** The question, for the report and --help. */
  readonly about: string;
  run(context: Context): Promise<Table[]>;
}
