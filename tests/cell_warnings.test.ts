import { describe, expect, it } from "vitest";
import { cellWarnings } from "../src/actors/cell_warnings.ts";
import { WarningSums } from "../src/actors/warning_sums.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { BatchExecutor } from "../src/actors/batch_executor.ts";
import type { ProgressEvent } from "../src/actors/event_bus.ts";
import { openTestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, shipper, template } from "./helpers/tools.ts";

const to = (country_code: string) => ({ ship_to: { country_code } });

describe("cells that a spreadsheet has spoilt", () => {
  it.each<[string, string | number, string]>([
    ["zip", "2139", "zero"],
    ["Ship-To Postal Code", 801, "zero"],
    ["zip", "2139-1234", "zero"],
    ["phone", "1.2E+11", "shortened"],
    ["order_id", "4,5123E+15", "shortened"],
    ["ship_date", "45987", "count of days"],
    ["Order Date", 45_987.5, "count of days"],
    ["company", "#N/A", "error"],
    ["city", "=VLOOKUP(A2;B:C;2)", "formula"],
    ["recipient", "MÃ¼ller", "garbled"],
    ["recipient", "M\uFFFDller", "garbled"],
  ])("%s: %s", (column, value, words) => {
    const warnings = cellWarnings({ other: "x", [column]: value }, to("US"));
    expect(warnings).toEqual([expect.stringContaining(words)]);
    expect(warnings[0]).toContain(`"${column}"`);
    expect(warnings[0]).not.toContain(String(value));
  });

  it.each<[string, unknown, string]>([
    ["zip", "02139", "US"],
    ["zip", "1050", "CH"],
    ["update", "45987", "US"],
    ["weight", "45987", "US"],
    ["order_id", "1E5X", "US"],
    ["note", "= as agreed", "US"],
    ["recipient", "Ãvila", "US"],
    ["zip", null, "US"],
  ])("%s: %s (%s) is left alone", (column, value, country) => {
    expect(cellWarnings({ [column]: value }, to(country))).toEqual([]);
  });

  it("are told once, with the first rows and how many there are", () => {
    const sums = new WarningSums();
    const rows = Array.from({ length: 25 }, (_, at) => ({
      row: { row_number: at * 2 + 1 },
      warnings: at === 3 ? ["a", "b", "b"] : ["a"],
    }));
    sums.add(rows);
    expect(sums.told).toEqual([
      { message: "a", count: 25, rows: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19] },
      { message: "b", count: 1, rows: [7] },
    ]);
  });
});

describe("preflight", () => {
  it("tells of them before anything is bought, and keeps no row back", async () => {
    await using opened = await openTestStore("sqlite");
    const { store } = opened;
    const source = memorySource(3);
    const carrier = memoryCarrier();
    Object.assign(source.rows[1] ?? {}, { zip: "2139" });
    await store.importJob({ id: "j", source: source.call });
    const events: ProgressEvent[] = [];
    const parts = { store, audit: new AuditLog(store), source: source.call, carrier: carrier.call };
    const executor = new BatchExecutor(parts);
    executor.events.subscribe((event) => void events.push(event));
    const result = await executor.execute("j", template, shipper);
    expect(result).toMatchObject({ success: true, successfulRows: 3 });
    const told = events.filter((event) => !("child" in event));
    expect(told[0]).toMatchObject({
      type: "rows_warned",
      message: '"zip" has fewer than 5 digits: a leading zero may be lost',
      count: 1,
      rows: [2],
    });
    expect(told[1]?.type).toBe("batch_started");
  });
});
