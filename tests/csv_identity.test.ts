/**
 * Properties of the way of a number into a CSV file: whatever the table, however it is written, whatever
 * is written back and voided in which order, and wherever the process is killed.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { csvModel, dialects, type Owed, tables } from "./helpers/csv_model.ts";
import { namesIn, temporaryFolder } from "./helpers/folders.ts";

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("write"), row: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("void"), row: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("flush"), row: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("kill"), row: fc.constant(0) }) },
  ),
  { maxLength: 8 },
);

describe("write-backs into a CSV file", () => {
  it("change nothing but our cells, and show what was acknowledged, killed anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(tables, dialects, steps, async (table, style, plan) => {
        using folders = temporaryFolder();
        const model = csvModel(table, style);
        let path = `${folders.path}/0.csv`;
        await Deno.writeTextFile(path, model.text());
        let source = openCsvSource(path, { isForShipping: true });
        const before = await source.describe();
        const checksums = (await source.getRows(0, 100)).rows.map(({ checksum }) => checksum);
        expect(before.row_count).toBe(table.rows.length);
        const owed = new Map<number, Owed>();
        const flush = async () => {
          await source.flush();
          model.flush(owed);
          owed.clear();
          expect(await textOf(path)).toBe(model.text());
        };
        for (const [at, { type, row }] of plan.entries()) {
          const row_number = 1 + row % table.rows.length;
          const time = `2026-11-23T08:00:0${at}Z`;
          const common = {
            row_number,
            idempotency_key: `K${at}`,
            checksum: checksums[row_number - 1],
          };
          const known = owed.get(row_number);
          const present = known
            ? known.number ?? ""
            : model.shown(row_number)["tracking_number"] ?? "";
          if (type === "flush") await flush();
          else if (type === "kill") {
            // Another process finds what is on the disk, and nothing else.
            const next = `${folders.path}/${at + 1}.csv`;
            for (const end of ["", ".waybill-journal"]) {
              if (namesIn(folders.path).includes(path.slice(folders.path.length + 1) + end)) {
                await Deno.copyFile(path + end, next + end);
              }
            }
            await source[Symbol.asyncDispose]();
            path = next;
            source = openCsvSource(path, { isForShipping: true });
          } else if (type === "write" && present === "") {
            const number = at % 2 ? `1Z${at}` : `=1Z${at}`;
            const change = { ...common, tracking_number: number, shipped_at: time };
            expect(await source.writeBack(change)).toBe("written");
            expect(await source.writeBack(change)).toBe("already_written");
            owed.set(row_number, { number, at: time });
          } else if (type === "void" && present !== "") {
            const change = { ...common, tracking_number: null, replaces: present, voided_at: time };
            expect(await source.writeBack(change)).toBe("written");
            expect(await source.writeBack(change)).toBe("already_written");
            owed.set(row_number, { number: null, at: time });
          }
          expect(await textOf(path)).toBe(model.text());
        }
        await flush();
        const described = await source.describe();
        expect(described.fingerprint).toBe(before.fingerprint);
        const { rows } = await source.getRows(0, 100);
        expect(rows.map(({ checksum }) => checksum)).toEqual(checksums);
        for (const { row_number, data } of rows) {
          const plain = Object.fromEntries(
            table.columns.map((name, at) => [name, table.rows[row_number - 1]?.[at]]),
          );
          expect(data).toEqual({ ...plain, ...model.shown(row_number) });
        }
        // The index that the merge left behind is the one that a fresh look would make.
        await source[Symbol.asyncDispose]();
        await using fresh = openCsvSource(path);
        expect(await fresh.describe()).toEqual(described);
        expect(await fresh.getRows(0, 100)).toEqual({ rows });
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

const contents = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
const typed = fc.constantFrom("", "", "", "1ZTYPED");

describe("a file whose rows are sorted, added and removed before the flush", () => {
  it("shows each number on its own order, or it is in the results file", async () => {
    const table = fc.array(contents, { minLength: 1, maxLength: 7 });
    const edited = fc.array(fc.record({ content: contents, number: typed }), { maxLength: 9 });
    const shipped = fc.array(fc.boolean(), { minLength: 7, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(table, edited, shipped, async (rows, changed, isShipped) => {
        using folder = temporaryFolder();
        const path = `${folder.path}/orders.csv`;
        await Deno.writeTextFile(path, ["id,note", ...rows.map((id) => `${id},x`), ""].join("\n"));
        await using source = openCsvSource(path);
        const numbers = new Map<string, string>();
        for (const [at, id] of rows.entries()) {
          if (!isShipped[at]) continue;
          numbers.set(`1Z${at + 1}`, id);
          const { checksum } = await source.getRow(at + 1);
          await source.writeBack({
            ...{ row_number: at + 1, tracking_number: `1Z${at + 1}`, checksum },
            ...{ shipped_at: "2026-11-23T08:00:00Z", idempotency_key: `K${at}` },
          });
        }
        const lines = changed.map(({ content, number }) => `${content},x,${number}`);
        await Deno.writeTextFile(path, ["id,note,tracking_number", ...lines, ""].join("\n"));
        // A person takes longer than the tick of the file system's clock.
        const later = new Date(Date.now() + 1_000);
        await Deno.utime(path, later, later);
        await Promise.resolve(source.flush()).catch((error) => expect(error.code).toBe("E-4007"));
        const after = (await textOf(path)).split("\n").slice(1, -1).map((line) => line.split(","));
        const results = namesIn(folder.path).includes("orders.waybill-results.csv")
          ? (await textOf(`${folder.path}/orders.waybill-results.csv`)).split("\n").slice(1, -1)
          : [];
        const listed = results.map((line) => line.split(",")[1] ?? "");
        after.forEach(([content = "", , number = ""], at) => {
          const before = changed[at]?.number ?? "";
          if (before !== "") expect(number).toBe(before);
          else if (number !== "") expect(numbers.get(number)).toBe(content);
        });
        const placed = after.map(([, , number = ""]) => number).filter((each) => numbers.has(each));
        expect([...placed, ...listed].sort()).toEqual([...numbers.keys()].sort());
        // What is certain is done: one order, one number, one row that is free.
        for (const [number, id] of numbers) {
          const alike = changed.filter(({ content }) => content === id);
          const isOne = rows.filter((content) => content === id).length === 1;
          if (isOne && alike.length === 1 && alike[0]?.number === "") {
            expect(placed).toContain(number);
          }
        }
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

/** With the byte order mark: every byte counts. */
async function textOf(path: string): Promise<string> {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await Deno.readFile(path));
}
