/** `preview`: what a job would buy and for how much, with the bundled servers. It buys nothing. */
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { CarrierReach } from "../src/actors/carrier_reach.ts";
import { PreviewBook } from "../src/actors/preview_sums.ts";
import { previewLines } from "../src/cli/preview_view.ts";
import { WaybillError } from "../src/errors.ts";
import { sandboxJob } from "./helpers/sandbox_job.ts";

describe("deno task preview", () => {
  it(
    "shows each row with its rate and warnings, and the sums; a run bills what was said",
    async () => {
      using job = await sandboxJob([
        { recipient: "=HYPERLINK(1)", weight_lbs: "2" },
        { recipient: "Zoë\nLindqvist\u202E", city: "Boulder", weight_lbs: "10" },
        { recipient: "At Home", address2: "Apt 5", residential: "no", weight_lbs: "1" },
      ]);
      const shown = await job.ask(["preview", "j"]);
      expect(shown).toMatchObject({ code: 0 });
      const row = (name: string) =>
        shown.stdout.split("\n").find((line) => line.includes(name)) ?? "";
      expect(row("Zoë Lindqvist")).toMatch(/^2 .*Boulder, CO +03 Ground +\d+\.\d\d USD/);
      // The carrier's own look at the address says so.
      expect(row("At Home")).toContain("takes the address for a home");
      expect(shown.stdout).toMatch(/Total +3 rows +\d+\.\d\d USD/);
      const document = JSON.parse((await job.ask(["preview", "j", "--json"])).stdout);
      expect(document).toMatchObject({ job_id: "j", row_count: 3, at_fault: 0, unrated: 0 });
      const sum = document.rows.reduce(
        (total: number, { estimate }: { estimate: { minor: number } }) => total + estimate.minor,
        0,
      );
      expect(document.costs).toEqual({ USD: sum });
      const { stdout } = await job.ask(["preview", "j", "--csv"]);
      const lines: Record<string, string>[] = parse(stdout, { columns: true });
      expect(lines.map(({ row }) => row)).toEqual(["1", "2", "3"]);
      // A spreadsheet does not take it for a formula.
      expect(lines[0]?.["recipient"]).toBe("'=HYPERLINK(1)");
      expect(job.sends()).toBe(0);
      const { stdout: ran } = await job.ask(["run", "j"]);
      const billed = (sum / 100).toFixed(2);
      expect(ran).toContain(`Cost       ${billed} USD`);
      expect(ran).toContain(`Estimated  ${billed} USD for 3 rows, as billed`);
      expect((await job.ask(["preview", "j"])).stdout).toContain("No row is left to ship");
    },
    60_000,
  );

  it("names the rows at fault in the row's own words, and ends with 2", async () => {
    const long = "A recipient whose name is far too long for any label";
    using job = await sandboxJob([{}, { recipient: long }, { weight_lbs: "151" }]);
    const { code, stdout, stderr } = await job.ask(["preview", "j"]);
    expect(code).toBe(2);
    // What helps, and how it is taken up.
    expect(stderr).toContain("Next: Mend the row in the source");
    expect(stderr).toContain("deno task retry j");
    expect(stdout).toContain(`ship_to.name is ${long.length} characters, UPS allows 35`);
    expect(stdout).toContain("2 rows are not ready");
    expect(stdout).not.toContain(long);
    // The run's own preflight says the same, and buys nothing.
    const ran = await job.ask(["run", "j"]);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain(`ship_to.name is ${long.length} characters, UPS allows 35`);
    expect(job.sends()).toBe(0);
  }, 60_000);

  it(
    "rates a sample that is spread over all rows, and takes the average for the rest",
    async () => {
      using job = await sandboxJob(Array.from({ length: 30 }, (_, n) => ({
        weight_lbs: String(1 + n % 3),
      })));
      const ask = ["preview", "j", "--sample", "3", "--no-addresses", "--json"];
      const { rows, services, costs } = JSON.parse((await job.ask(ask)).stdout);
      const rated = rows.filter(({ estimate }: { estimate?: unknown }) => estimate);
      expect(rated.map(({ row_number }: { row_number: number }) => row_number)).toEqual([
        10,
        20,
        30,
      ]);
      expect(services).toEqual([
        { service: "03", currency_code: "USD", rated: 3, assumed: 27, minor: costs.USD },
      ]);
      const sum = rated.reduce(
        (total: number, { estimate }: { estimate: { minor: number } }) => total + estimate.minor,
        0,
      );
      expect(costs.USD).toBe(sum + Math.round(sum / 3) * 27);
      const wrong = await job.ask(["preview", "j", "--sample", "none"]);
      expect([wrong.code, wrong.stderr.includes("--sample 50")]).toEqual([2, true]);
    },
    60_000,
  );

  it("shows twenty rows that are ready, and later ones where something is to be known", () => {
    const book = new PreviewBook();
    for (const rowNumber of range(1, 30)) {
      const isAtFault = rowNumber <= 5;
      book.add({
        rowNumber,
        recipient: `R${rowNumber}`,
        place: "Denver, CO",
        service: "03",
        estimate: isAtFault ? undefined : { minor: 1000, currencyCode: "USD" },
        isAsked: true,
        warnings: rowNumber === 28 ? ["the address stands for several"] : [],
        problem: isAtFault ? { code: "E-2001", message: "does not fit" } : undefined,
      });
    }
    const lines = previewLines({ ...book.sums(), hasRates: true, isStopped: false });
    expect(lines.filter((line) => / R\d/.test(line))).toHaveLength(20);
    expect(lines).toContain("… and 5 rows more");
    expect(lines).toContain("Row 28: the address stands for several");
    expect(lines.at(-1)).toBe("5 rows are not ready.");
  });

  it("does not wait for a carrier that is away with every row anew", () => {
    const away = new WaybillError("E-3001", "Cannot rate this shipment: no connection");
    expect(() => new CarrierReach().heed(away)).toThrow("no rates now. Cannot rate this shipment");
    // A row on which it stumbles is not all of them.
    const reach = new CarrierReach();
    reach.heed(undefined);
    for (const _ of range(1, 7)) reach.heed(away);
    reach.heed(undefined);
    for (const _ of range(1, 7)) reach.heed(away);
    expect(() => reach.heed(away)).toThrow("no rates now");
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
