/** A source that does not keep its contract is told so; it is not believed. */
import { describe, expect, it } from "vitest";
import { createSourceClient } from "../src/actors/source_client.ts";

const row = (row_number: number) => ({ row_number, data: {}, checksum: "c" });

/** A source whose one page is as given. */
function clientOf(page: Record<string, unknown>) {
  return createSourceClient(() => Promise.resolve(page));
}

describe("getRows()", () => {
  it("takes pages that lead on, gaps and unknown fields included", async () => {
    for (
      const page of [
        { rows: [row(3), row(7)], next_after: 7, total: 9 },
        { rows: [row(3)], next_after: 5 },
        { rows: [], next_after: 4 },
        { rows: [], next_after: null },
        { rows: [] },
      ]
    ) {
      expect((await clientOf(page).getRows(2, 2)).rows).toEqual(page.rows);
    }
  });

  it.each<[string, Record<string, unknown>]>(
    [
      ["leads back", { rows: [row(3)], next_after: 2 }],
      ["leads nowhere", { rows: [], next_after: 2 }],
      ["leads into itself", { rows: [row(3), row(4)], next_after: 3 }],
      ["has a row twice", { rows: [row(3), row(3)] }],
      ["is out of order", { rows: [row(4), row(3)] }],
      ["has a row of the page before", { rows: [row(2)] }],
    ],
  )("refuses a page that %s", async (_, page) => {
    await expect(clientOf(page).getRows(2, 2)).rejects.toMatchObject({ code: "E-4010" });
  });
});

describe("describe()", () => {
  it("keeps no password that a server tells", async () => {
    const described = {
      kind: "shop",
      uri: "https://me:hunter2-secret@shop.example/orders?api_token=hunter2-secret&page=1",
      fingerprint: "f",
      row_count: 0,
      columns: [],
    };
    expect((await clientOf(described).describe()).uri).toBe(
      "https://me@shop.example/orders?page=1",
    );
  });
});
