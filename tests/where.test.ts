import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowFilter } from "../src/where/matches.ts";

const columns = ["state", "weight", "Ship To", "zip", "note", "is_gift", "and", "made", "price"]
  .map((name) => ({ name, type: name === "price" ? "decimal" : "string" }));

function matches(filter: string, data: Record<string, unknown>): boolean {
  return rowFilter(filter, columns).matches({ row_number: 7, data }) === true;
}

function faultOf(filter: string): { code?: unknown; message: string; remedy?: unknown } {
  try {
    rowFilter(filter, columns);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error(`${filter} was taken`);
}

describe("a filter over rows", () => {
  const row = { state: "CA", weight: "12.5", "Ship To": "Ann", zip: "02139", note: " ", and: "x" };

  it.each<[string, boolean]>([
    ["state = 'CA' and weight < 50", true],
    ["state = 'CA' and weight < 12.5", false],
    ["STATE = 'CA'", true],
    ["state = 'ca'", false],
    ["state ilike 'c%'", true],
    ["state like 'c%'", false],
    [`"Ship To" like 'A_n' or state = 'NY'`, true],
    ["[Ship To] = 'Ann'", true],
    ["`Ship To` <> 'Ann'", false],
    ["not state in ('NY', 'NJ')", true],
    ["state not in ('NY', 'CA')", false],
    ["weight between 10 and 12.5", true],
    ["weight not between -1 and +1e1", true],
    ["zip = '02139' and zip <> '2139'", true],
    ["zip = 2139", true],
    ["note is empty and state is not null", true],
    ["zip in (2139, 5)", true],
    ["note = 'x' or note <> 'x'", false],
    ["not (note = 'x')", false],
    ["state = 'NY' or state = 'CA' and weight > 100", false],
    ["(state = 'NY' or state = 'CA') and weight > 10", true],
    [`"and" = 'x'`, true],
    ["state = 'C''A'", false],
    ["12 < weight", true],
  ])("%s", (filter, expected) => {
    expect(matches(filter, row)).toBe(expected);
  });

  it("compares numbers, texts and truths that a source gives as such", () => {
    expect(matches("weight >= 9 and is_gift = true", { weight: 10, is_gift: "Yes" })).toBe(true);
    expect(matches("is_gift = true", { is_gift: false })).toBe(false);
    expect(matches("zip = weight", { zip: 5, weight: 5 })).toBe(true);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    // Numbers, whoever quotes them, and however long they are.
    ["weight > zip", { weight: "10", zip: "8" }, true],
    ["weight <= zip", { weight: 9, zip: "10.50" }, true],
    ["price > '9.99'", { price: "10.00" }, true],
    ["price between '5' and '20'", { price: "10" }, true],
    ["zip = 90071992547409931", { zip: "90071992547409930" }, false],
    ["zip = 90071992547409931", { zip: "90071992547409931" }, true],
    ["zip < 90071992547409931", { zip: "90071992547409930" }, true],
    ["zip = '10'", { zip: "10.0" }, false],
    // Times, whichever way they are written.
    ["made <= '2026-01-01 10:00:00'", { made: "2026-01-01T08:00:00" }, true],
    ["made between '2026-01-01' and '2026-01-02 00:00'", { made: "2026-01-01T23:59:59Z" }, true],
    ["made = '2026-01-01'", { made: "2026-01-01T00:00:00.000Z" }, true],
    ["made > '2026-01-01 10:00'", { made: "2026-01-01T10:00:00.5" }, true],
    ["made = '2026-01-01 10:10'", { made: "2026-01-01T10:10:00" }, true],
  ])("%s with %j", (filter, data, expected) => {
    expect(matches(filter, data)).toBe(expected);
  });

  it("leaves no row out silently because a cell is no number", () => {
    expect(() => matches("weight < 50", { weight: "12,5" })).toThrow(
      'Cannot filter row 7: "weight" is compared with a number and is none',
    );
  });

  it.each<[string, number, string]>([
    ["state = and weight < 50", 9, 'expected a value after "=", found "and"'],
    ["state = 'CA", 9, "the quote has no end"],
    ["stat = 'CA'", 1, 'the source has no column "stat"'],
    [`state = "CA"`, 9, 'the source has no column "CA"'],
    ["state == 'CA' weight < 5", 15, 'expected "and", "or" or the end, found "weight"'],
    ["(state = 'CA'", 14, 'expected ")", found the end'],
    ["state = null", 9, "nothing is equal to null"],
    ["state = ''", 9, "nothing is equal to an empty text"],
    ["state = 'CA'; drop table orders", 13, '";" belongs to no filter'],
    ["state = 'CA' && weight < 5", 14, '"&" belongs to no filter'],
    ["", 1, "expected a column, found the end"],
    ["weight < 5kg", 10, '"5" belongs to no filter'],
    ["'x' is null", 1, "only a column can be empty"],
    ["state.constructor = 'x'", 6, '"." belongs to no filter'],
    ["__proto__ = 'x'", 1, 'the source has no column "__proto__"'],
    ["(".repeat(200), 101, "it is nested too deeply"],
  ])("points at the fault of %s", (filter, place, why) => {
    const { code, message } = faultOf(filter);
    expect(code).toBe("E-1008");
    expect(message).toContain(`${why}, at character ${place}\n`);
    const [, line = "", mark = ""] = message.split("\n");
    expect(line[mark.indexOf("^")] ?? "").toBe(filter[place - 1] ?? "");
  });

  it("stays quick whatever the pattern", () => {
    const long = "a".repeat(20_000);
    expect(matches(`note like '${"%a".repeat(50)}%b'`, { note: long.slice(0, 200) })).toBe(false);
  });

  it("takes what SQLite takes, unknowns included", () => {
    using db = new DatabaseSync(":memory:");
    db.exec("create table t (row integer, s text, t text, n real)");
    const texts = ["a", "B", "ab", "z"];
    const cells = fc.record({
      s: fc.option(fc.constantFrom(...texts)),
      t: fc.option(fc.constantFrom(...texts)),
      n: fc.option(fc.integer({ min: -2, max: 2 })),
    });
    const sign = fc.constantFrom("=", "<>", "<", "<=", ">", ">=");
    const text = fc.constantFrom("s", "t", "'a'", "'ab'");
    const number = fc.constantFrom("-1", "0", "1.5");
    const { condition } = fc.letrec<{ condition: string; leaf: string }>((tie) => ({
      leaf: fc.oneof(
        fc.tuple(text, sign, text).map((words) => words.join(" ")),
        fc.tuple(fc.constant("n"), sign, number).map((words) => words.join(" ")),
        fc.tuple(fc.constantFrom("s", "t"), fc.constantFrom("in", "not in")).map(([name, word]) =>
          `${name} ${word} ('a', 'z', s)`
        ),
        fc.constantFrom(
          "s is null",
          "n is not null",
          "n between -1 and 1",
          "n not between 0 and 9",
        ),
      ),
      condition: fc.oneof(
        { maxDepth: 4 },
        tie("leaf"),
        fc.tuple(tie("condition"), fc.constantFrom("and", "or"), tie("condition"))
          .map(([a, word, b]) => `(${a}) ${word} ${b}`),
        tie("condition").map((inside) => `not (${inside})`),
      ),
    }));
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 8 }), condition, (rows, filter) => {
        db.exec("delete from t");
        const insert = db.prepare("insert into t values (?, ?, ?, ?)");
        rows.forEach(({ s, t, n }, row) => insert.run(row, s, t, n));
        const expected = db.prepare(`select row from t where ${filter} order by row`).all()
          .map(({ row }) => row);
        const ours = rowFilter(filter, ["s", "t", "n"].map((name) => ({ name, type: "string" })));
        const taken = rows.flatMap((data, row) =>
          ours.matches({ row_number: row, data }) ? [row] : []
        );
        expect(taken).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
