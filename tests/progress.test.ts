/**
 * What a person sees of a run: at a terminal, in a pipe, with `NO_COLOR`, and when a job is taken up
 * again.
 */
import { describe, expect, it } from "vitest";
import { formatClock, formatDuration } from "../src/cli/duration.ts";
import type { Report } from "../src/cli/report.ts";
import type { RunFacts } from "../src/cli/run_facts.ts";
import { summaryOf } from "../src/cli/summary.ts";
import { runCommand } from "./helpers/cli.ts";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { onTerminal } from "./helpers/terminal.ts";
import { shipper, template } from "./helpers/tools.ts";

const esc = "\x1b";
const files = ["--template", "template.njk", "--shipper", "shipper.json"];

/** A folder with a job `j` of these orders. */
async function jobOf(...rows: readonly string[]): Promise<{ path: string } & Disposable> {
  const folder = temporaryFolder();
  writeText(`${folder.path}/orders.csv`, `order_id,name,zip,weight\n${rows.join("\n")}\n`);
  writeText(`${folder.path}/template.njk`, template);
  writeText(`${folder.path}/shipper.json`, JSON.stringify(shipper));
  await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
  return folder;
}

describe("the progress of a run", () => {
  it("is a bar on a terminal, and a summary in colour", async () => {
    using folder = await jobOf("A-1,Jane,30005,1", "A-2,Bob,30005,1");
    const { text, code } = await onTerminal(folder.path, ["run", "j"]);
    expect(code).toBe(0);
    expect(text).toContain("█");
    expect(text).toContain("2/2 rows");
    expect(text).toContain(`${esc}[32mj is complete${esc}[0m`);
    expect(text).toMatch(/This run\S* {2}2 labels in [\d.]+ s, [\d.]+ a second/);
    // The cursor that the bar hid is back.
    expect(text.lastIndexOf(`${esc}[?25h`)).toBeGreaterThan(text.lastIndexOf(`${esc}[?25l`));
  }, 30_000);

  it("is plain lines where a person wants no colour, and says what was done before", async () => {
    using folder = await jobOf("A-1,Jane,30005,1", "A-2,Bob,30005,999", "A-3,Ann,30005,1");
    const plain = { NO_COLOR: "1" };
    const first = await onTerminal(folder.path, ["run", "j", "--skip-preflight"], "", plain);
    expect([first.code, first.text.includes(esc)]).toEqual([1, false]);
    expect(first.text).toContain("(1 of 3)");
    expect(first.text).not.toContain("Resuming");
    const again = await runCommand(folder.path, ["run", "j"]);
    expect(again.code).toBe(1);
    expect(again.stdout + again.stderr).not.toContain(esc);
    expect(again.stderr).toMatch(
      /^Resuming: 1 of 3 complete, last row 1: 1Z\w{16}; row 2 stopped because E-2001 \S/,
    );
    const number = /last row 1: (1Z\w{16})/.exec(again.stderr)?.[1];
    expect(first.text).toContain(`Row 1: ${number}`);
    // Every value stands under the one above it.
    const columns = again.stdout.trimEnd().split("\n").map((line) =>
      /^\w+(?: \w+)? +/.exec(line)?.[0]
        .length
    );
    expect(new Set(columns).size).toBe(1);
    expect(again.stdout).toContain("nothing bought in");
    const { stdout } = await runCommand(folder.path, ["run", "j", "--json"]);
    const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(result).toMatchObject({ type: "result", run: { bought_rows: 0 } });
    expect(result.run.elapsed_ms).toBeGreaterThan(0);
  }, 30_000);
});

describe("summaryOf()", () => {
  const report: Report = {
    jobId: "j",
    name: "j",
    status: "paused",
    reason: "write_backs_owed",
    source: "/orders.csv",
    labels: "/labels",
    rows: {
      ...{ pending: 2, in_flight: 0, shipped: 1, completed: 3, failed: 1 },
      ...{ needs_review: 0, skipped: 0, voided: 2 },
    },
    totalRows: 9,
    costs: { EUR: 1050, USD: 2472 },
    rowsOfUnknownCost: 1,
    estimates: [],
    voidedLabels: 2,
    voidedCosts: { USD: 900 },
    openVoids: { owed: 1, unanswered: [] },
    lastProblem: undefined,
    runner: undefined,
    asked: undefined,
  };
  const ran = (boughtRows: number, flushed = 0, waiting = 0): RunFacts => ({
    ...{ boughtRows, failedRows: 0, elapsedMs: 2_000 },
    source: { isUpdated: flushed > 0, waiting },
  });
  const textOf = (name: string, lines = summaryOf(report, ran(4))) =>
    lines.find((line) => line.name === name)?.text;

  it("counts by outcome, sums by currency, and leaves out what was voided", () => {
    expect(textOf("Rows"))
      .toBe("4 of 9 shipped, 1 failed, 2 pending, 2 voided, 1 owed to the source");
    expect(textOf("Cost")).toBe("10.50 EUR + 24.72 USD, and 1 row of unknown cost");
    expect(textOf("Voided")).toBe("2 labels, 9.00 USD not spent; the source still shows 1");
    expect(textOf("This run")).toBe("4 labels in 2.0 s, 2.0 a second");
    expect(textOf("Source")).toBe("/orders.csv (2 numbers are still owed to it)");
    expect(textOf("Next")).toBe(undefined);
  });

  it("says of a run that could not go on that it stopped, and why", () => {
    const running: Report = { ...report, status: "running", reason: undefined };
    const problem = { code: "E-4001", message: "Cannot reach the database" };
    expect(textOf("Job", summaryOf(running, { ...ran(1), problem })))
      .toBe("j is stopped: the database could not be reached");
    expect(textOf("Job", summaryOf(running))).toBe("j is interrupted: its runner is gone");
  });

  it("says that a file is updated only if it is, and that nothing is left only then", () => {
    const rows = { ...report.rows, shipped: 0, pending: 0, failed: 0, voided: 0 };
    const done: Report = {
      ...{ ...report, rows, status: "completed", reason: undefined },
      openVoids: { owed: 0, unanswered: [] },
    };
    expect(textOf("Source", summaryOf(done, ran(3, 3)))).toBe("/orders.csv (updated)");
    // Bought, and the source was not reached any more; numbers of voided labels taken out.
    expect(textOf("Source", summaryOf(done, ran(3, 0)))).toBe("/orders.csv");
    expect(textOf("Source", summaryOf(done, ran(0, 2)))).toBe("/orders.csv (updated)");
    expect(textOf("Source", summaryOf(done, ran(3, 0, 2))))
      .toBe("/orders.csv (2 numbers are still on the way: the next run brings them)");
    expect(textOf("Next", summaryOf(done, ran(0))))
      .toBe("nothing: every row is done");
    expect(summaryOf(done).map(({ name }) => name)).not.toContain("This run");
  });
});

describe("times", () => {
  it("are told as people read them", () => {
    expect([0, 840, 9_960, 42_400, 185_000, 7_450_000].map(formatDuration))
      .toEqual(["0.0 s", "0.8 s", "10 s", "42 s", "3 min 5 s", "2 h 4 min"]);
    expect([0, 6.2, 3_723].map(formatClock)).toEqual(["0:00", "0:07", "1:02:03"]);
  });
});
