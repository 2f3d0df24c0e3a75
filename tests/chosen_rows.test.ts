import { describe, expect, it } from "vitest";
import { chosenRows, type RowChoice } from "../src/actors/chosen_rows.ts";

/** Rows 1 to 2,000 without every seventh, as in a table whose orders were deleted. */
const numbers = Array.from({ length: 2_000 }, (_, at) => at + 1).filter((each) => each % 7 > 0);

/** A source that counts the rows that it gives, and leaves `columns` out or knows nothing of them. */
function source(knowsColumns = true) {
  const given: number[] = [];
  return {
    given,
    getRows(after: number, limit: number, columns?: readonly string[]) {
      const rest = numbers.filter((each) => each > after);
      const page = rest.slice(0, limit);
      given.push(...page);
      const rows = page.map((row_number) => {
        const data: Record<string, unknown> = {
          id: row_number,
          state: row_number % 2 ? "CA" : "NY",
          note: "x",
        };
        const names = knowsColumns && columns ? columns : Object.keys(data);
        return {
          row_number,
          data: Object.fromEntries(names.map((name) => [name, data[name]])),
          checksum: `${row_number}`,
        };
      });
      const last = page.at(-1);
      return Promise.resolve(rest.length > page.length ? { rows, next_after: last } : { rows });
    },
  };
}

const columns = ["id", "state", "note"].map((name) => ({ name, type: "string" }));

async function chosen(choice: RowChoice, from = source()): Promise<number[]> {
  const rows = await Array.fromAsync(chosenRows(from, columns, choice, { only: ["id"] }));
  return rows.map(({ row_number }) => row_number);
}

describe("the rows that are wanted", () => {
  it("are all of them in order, or those that a filter takes, with the source's numbers", async () => {
    expect(await chosen({})).toEqual(numbers);
    expect(await chosen({ where: "state = 'CA' and id <= 11" })).toEqual([1, 3, 5, 9, 11]);
    expect(await chosen({ where: "state = 'CA'" }, source(false)))
      .toEqual(numbers.filter((each) => each % 2 === 1));
  });

  it("are those of named rows, and no other row is asked for", async () => {
    const from = source();
    const rows = [{ first: 5, last: 9 }, { first: 31, last: 31 }];
    expect(await chosen({ rows }, from)).toEqual([5, 6, 8, 9, 31]);
    expect(Math.max(...from.given)).toBeLessThanOrEqual(31);
    expect(from.given.length).toBeLessThan(20);
  });

  it("are at most so many, and reading ends there", async () => {
    const from = source();
    expect(await chosen({ where: "state = 'NY'", limit: 3 }, from)).toEqual([2, 4, 6]);
    expect(from.given.length).toBeLessThan(numbers.length);
    expect(await chosen({ rows: [{ first: 1, last: 4 }, { first: 8, last: 9 }], limit: 5 }))
      .toEqual([1, 2, 3, 4, 8]);
  });

  it("are not those that were shipped, and it is told how many a filter left open", async () => {
    const data = [
      { id: 1, state: "CA", tracking_number: "1Z" },
      { id: 2, state: "" },
      { id: 3, state: "CA", tracking_number: " " },
      { id: 4, state: "NY" },
    ];
    const rows = data.map((each) => ({ row_number: each.id, data: each, checksum: "c" }));
    const tally = { shipped: 0, unknown: 0 };
    const some = { getRows: () => Promise.resolve({ rows }) };
    const wanted = chosenRows(some, columns, { where: "state = 'CA'" }, { tally });
    expect((await Array.fromAsync(wanted)).map(({ row_number }) => row_number)).toEqual([3]);
    expect(tally).toEqual({ shipped: 1, unknown: 1 });
  });

  it("must be there if they are named", async () => {
    await expect(chosen({ rows: [{ first: 7, last: 7 }] })).rejects.toThrow(
      "Cannot import row 7: the source has no such row",
    );
    await expect(chosen({ rows: [{ first: 1, last: 1 }, { first: 3_000, last: 3_009 }] })).rejects
      .toThrow("Cannot import rows 3000 to 3009: the source has none of them");
  });

  it("are not guessed at where a server leaves a column out", async () => {
    const from = source();
    const without = {
      getRows: (after: number, limit: number) => from.getRows(after, limit, ["id"]),
    };
    const reading = Array.fromAsync(
      chosenRows(without, columns, { where: "state is null" }),
    );
    await expect(reading).rejects.toThrow('the source left its "state" out');
  });
});
