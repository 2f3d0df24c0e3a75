/**
 * The data source of a simulated world with its MCP server: orders, what was acknowledged in a journal
 * that survives its processes, and the user's own file that a flush brings it to.
 *
 * @module
 */
import { ToolError } from "../../src/actors/tool_caller.ts";
import { drawWhole } from "./draw.ts";
import type { FaultPlan } from "./faults.ts";
import type { Life } from "./life.ts";
import { lost, type ServerProcess, type SimTool } from "./server_process.ts";
import type { SimTime } from "./time.ts";

const readOdds = { error: 15, lost: 15, died: 15, hang: 3, kill: 10, edited: 10 };

const writeOdds = {
  error: 30,
  lost_before: 30,
  lost_after: 30,
  died_after: 20,
  hang: 5,
  kill_before: 30,
  kill_after: 30,
};

const flushOdds = { error: 200, lost: 200, died: 100, kill: 200 };

/** What a source needs. */
export interface SourceOptions {
  readonly time: SimTime;
  readonly plan: FaultPlan;
  readonly seed: number;
}

/** One order. */
interface Order {
  /** How often a person has edited it. */
  edits: number;
  /** What the user's own file has. */
  inFile: string;
  /** What the server has acknowledged. */
  acknowledged: string;
}

/** A source. */
export class Source {
  /** Its name; orders are named after it. */
  readonly name: string;
  readonly #options: SourceOptions;
  readonly #orders: Order[];
  readonly #keys = new Set<string>();

  constructor(name: string, rows: number, options: SourceOptions) {
    this.name = name;
    this.#options = options;
    this.#orders = Array.from(
      { length: rows },
      () => ({ edits: 0, inFile: "", acknowledged: "" }),
    );
  }

  /** What the user sees of a row: its tracking number. */
  inFile(rowNumber: number): string {
    return this.#order(rowNumber).inFile;
  }

  /** What the source has acknowledged of a row: its tracking number. */
  acknowledged(rowNumber: number): string {
    return this.#order(rowNumber).acknowledged;
  }

  /** The order of a row. */
  orderOf(rowNumber: number): string {
    return `${this.name}/${rowNumber}`;
  }

  /** A person edits a row. */
  edit(rowNumber: number): void {
    this.#order(rowNumber).edits++;
  }

  /** Its tools, for a runner's process. */
  tools(life: Life): Record<string, SimTool> {
    return {
      describe_source: () => Promise.resolve(this.#describe()),
      get_rows: (args, server) =>
        this.#read(life, server, "get_rows", () => {
          const after = Number(args["after_row"]);
          const end = Math.min(after + Number(args["limit"]), this.#orders.length);
          const rows = Array.from({ length: end - after }, (_, at) => this.#row(after + at + 1));
          return { rows, ...(end < this.#orders.length ? { next_after: end } : {}) };
        }),
      get_row: (args, server) =>
        this.#read(life, server, "get_row", () => this.#row(Number(args["row_number"]))),
      write_back: (args, server) => this.#write(life, server, args),
      flush: (_, server) => this.#flush(life, server),
    };
  }

  #describe(): unknown {
    return {
      kind: "simulated",
      uri: `simulated:${this.name}`,
      fingerprint: this.name,
      row_count: this.#orders.length,
      columns: ["order", "name", "zip", "weight"].map((name) => ({ name, type: "string" })),
    };
  }

  async #read(
    life: Life,
    server: ServerProcess,
    tool: string,
    answer: () => unknown,
  ): Promise<unknown> {
    const { time, plan, seed } = this.#options;
    const fault = plan.at(`${tool} ${this.name}`, readOdds);
    switch (fault) {
      case "error":
        throw new ToolError(tool, '{"code":"E-1006","message":"Cannot read it just now"}');
      case "lost":
        throw lost(tool);
      case "died":
        throw server.dieIn(tool);
      case "hang":
        throw await server.hang(tool);
      case "kill":
        life.kill();
        break;
      case "edited":
        this.edit(drawWhole(seed, `edit ${time.nowMs}`, 1, this.#orders.length));
        break;
      case undefined:
        break;
      default:
        fault satisfies never;
    }
    return answer();
  }

  async #write(life: Life, server: ServerProcess, args: Record<string, unknown>): Promise<unknown> {
    const tool = "write_back";
    const rowNumber = Number(args["row_number"]);
    const fault = this.#options.plan.at(`write-back ${this.orderOf(rowNumber)}`, writeOdds);
    switch (fault) {
      case "error":
        throw new ToolError(tool, '{"code":"E-4014","message":"The disk is full"}');
      case "lost_before":
        throw lost(tool);
      case "hang":
        throw await server.hang(tool);
      case "kill_before":
        life.kill();
        return;
    }
    const status = this.#acknowledge(rowNumber, args);
    if (fault === "lost_after") throw lost(tool);
    if (fault === "died_after") throw server.dieIn(tool);
    if (fault === "kill_after") life.kill();
    return { status };
  }

  #acknowledge(rowNumber: number, args: Record<string, unknown>): "written" | "already_written" {
    const order = this.#order(rowNumber);
    const key = String(args["idempotency_key"]);
    if (this.#keys.has(key)) return "already_written";
    const [given, replaces] = [args["tracking_number"], args["replaces"]];
    const number = typeof given === "string" ? given : "";
    if (order.acknowledged === number) return "already_written";
    if (order.acknowledged !== (typeof replaces === "string" ? replaces : "")) {
      const message = `It holds ${order.acknowledged}`;
      throw new ToolError("write_back", JSON.stringify({ code: "conflict", message }));
    }
    this.#keys.add(key);
    order.acknowledged = number;
    return "written";
  }

  #flush(life: Life, server: ServerProcess): Promise<unknown> {
    const fault = this.#options.plan.at(`flush ${this.name}`, flushOdds);
    if (fault === "error") {
      throw new ToolError("flush", '{"code":"E-4014","message":"The file is open elsewhere"}');
    }
    if (fault === "died") throw server.dieIn("flush");
    for (const order of this.#orders) order.inFile = order.acknowledged;
    if (fault === "lost") throw lost("flush");
    if (fault === "kill") life.kill();
    return Promise.resolve({});
  }

  #row(rowNumber: number): unknown {
    const { edits, acknowledged } = this.#order(rowNumber);
    const order = this.orderOf(rowNumber);
    return {
      row_number: rowNumber,
      data: {
        order,
        name: `Recipient ${rowNumber}.${edits}`,
        zip: "30005",
        weight: "2.5",
        tracking_number: acknowledged,
      },
      checksum: `${order} ${edits}`,
    };
  }

  #order(rowNumber: number): Order {
    const order = this.#orders[rowNumber - 1];
    if (order) return order;
    throw new ToolError("get_row", '{"code":"E-1006","message":"There is no such row"}');
  }
}
