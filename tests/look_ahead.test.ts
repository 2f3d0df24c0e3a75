/** Rows are read and rendered a page at a time, and what is bought is still what the source has. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LookAhead } from "../src/actors/look_ahead.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import type { ToolCaller } from "../src/actors/tool_caller.ts";
import type { Clock } from "../src/actors/world.ts";
import {
  type CompiledTemplate,
  openTemplateEnvironment,
  type TemplateEnvironment,
} from "../src/templates/environment.ts";
import { createPrepareRows, type PrepareRows } from "../src/actors/prepare_rows.ts";
import { type MemorySource, memorySource, shipper, template } from "./helpers/tools.ts";

/** A clock that stands still until it is moved. */
function stillClock(): Clock & { move(ms: number): void } {
  let time = Date.parse("2026-01-02T03:04:05Z");
  return {
    now: () => new Date(time),
    sleep: () => Promise.resolve(),
    move: (ms) => time += ms,
  };
}

/** For tests that only fetch. */
const prepareNothing: PrepareRows = (rows) =>
  Promise.resolve(rows.map(() => ({ type: "rendered" as const, request: {} })));

function toolsOf(source: MemorySource): string[] {
  return source.calls.map(({ tool, args }) =>
    tool === "get_rows" ? `rows after ${args["after_row"]}` : `row ${args["row_number"]}`
  );
}

describe("LookAhead.fetch()", () => {
  it("reads a page once and serves its rows from it", async () => {
    const source = memorySource(120);
    const ahead = new LookAhead(createSourceClient(source.call), prepareNothing, stillClock());
    for (let rowNumber = 1; rowNumber <= 120; rowNumber++) {
      const row = await ahead.fetch(rowNumber);
      expect([row.row_number, row.data["order_id"]]).toEqual([rowNumber, `ORDER-${rowNumber}`]);
    }
    expect(toolsOf(source)).toEqual(["rows after 0", "rows after 50", "rows after 100"]);
  });

  it("reads a row again when its page is too old, and not before", async () => {
    const source = memorySource(3);
    const clock = stillClock();
    const ahead = new LookAhead(createSourceClient(source.call), prepareNothing, clock);
    await ahead.fetch(1);
    source.rows[1] = { ...source.rows[1], name: "Somebody else" };
    clock.move(5_000);
    expect((await ahead.fetch(2)).data["name"]).toBe("Recipient 2");
    clock.move(1);
    expect((await ahead.fetch(2)).data["name"]).toBe("Somebody else");
    expect(toolsOf(source)).toEqual(["rows after 0", "rows after 1"]);
  });

  it("reads little that is of no use, where a job has only some of the rows", async () => {
    const source = memorySource(1_000);
    const ahead = new LookAhead(createSourceClient(source.call), prepareNothing, stillClock());
    let asked = 0;
    const readUpTo = async (last: number, step: number) => {
      const before = source.calls.length;
      for (; asked < last; asked += step) await ahead.fetch(asked + 1);
      return source.calls.slice(before).map(({ args }) => Number(args["limit"]));
    };
    const sparse = await readUpTo(500, 25);
    expect(sparse.reduce((sum, limit) => sum + limit, 0)).toBeLessThan(300);
    // And long pages again where they are of use.
    expect((await readUpTo(1_000, 1)).length).toBeLessThan(20);
  });

  it("asks for a row by its number when a page does not have it", async () => {
    const source = memorySource(4);
    const call: ToolCaller = async (tool, args) => {
      const answer = await source.call(tool, args);
      if (tool !== "get_rows") return answer;
      const { rows, ...rest } = Object(answer);
      const isThere = ({ row_number }: { row_number: number }) => row_number !== 2;
      return { ...rest, rows: rows.filter(isThere) };
    };
    const ahead = new LookAhead(createSourceClient(call), prepareNothing, stillClock());
    await ahead.fetch(1);
    expect((await ahead.fetch(2)).data["order_id"]).toBe("ORDER-2");
    expect((await ahead.fetch(3)).row_number).toBe(3);
    expect(toolsOf(source)).toEqual(["rows after 0", "rows after 1", "row 2"]);
  });

  it("says so when the source has no such row", async () => {
    const source = memorySource(2);
    const ahead = new LookAhead(createSourceClient(source.call), prepareNothing, stillClock());
    await expect(ahead.fetch(3)).rejects.toThrow("no row 3");
  });

  it("refuses a row that comes under another's number", async () => {
    const source = memorySource(2);
    const call: ToolCaller = (tool, args) =>
      tool === "get_rows"
        ? Promise.resolve({ rows: [] })
        : source.call(tool, { ...args, row_number: 1 });
    const ahead = new LookAhead(createSourceClient(call), prepareNothing, stillClock());
    await expect(ahead.fetch(2)).rejects.toMatchObject({ code: "E-4010" });
  });

  it("forgets nothing wrong after the source failed: the next try asks again", async () => {
    const source = memorySource(2);
    let isAway = true;
    const call: ToolCaller = (tool, args) =>
      isAway ? Promise.reject(new Error("away")) : source.call(tool, args);
    const ahead = new LookAhead(createSourceClient(call), prepareNothing, stillClock());
    await expect(ahead.fetch(1)).rejects.toThrow("away");
    isAway = false;
    expect((await ahead.fetch(1)).row_number).toBe(1);
  });
});

describe("LookAhead.prepare()", () => {
  let environment: TemplateEnvironment;
  let compiled: CompiledTemplate;

  beforeAll(async () => {
    environment = openTemplateEnvironment();
    compiled = await environment.compile({ name: "t", text: template });
  });
  afterAll(async () => await environment[Symbol.asyncDispose]());

  /** The real template and check, with a count of the rows in each round trip. */
  function counted(): { prepare: PrepareRows; trips: number[] } {
    const trips: number[] = [];
    const real = createPrepareRows(() => Promise.resolve(compiled), () => shipper, {
      id: "j",
      name: "j",
    });
    const prepare: PrepareRows = (rows) => {
      trips.push(rows.length);
      return real(rows);
    };
    return { prepare, trips };
  }

  it("prepares a page in one round trip, each row as its own", async () => {
    const source = memorySource(60);
    const { prepare, trips } = counted();
    const ahead = new LookAhead(createSourceClient(source.call), prepare, stillClock());
    for (let rowNumber = 1; rowNumber <= 60; rowNumber++) {
      const { data } = await ahead.fetch(rowNumber);
      expect(await ahead.prepare(rowNumber, data)).toMatchObject({
        type: "rendered",
        request: { order_reference: `ORDER-${rowNumber}`, shipper: { name: "Acme Inc" } },
      });
    }
    expect(trips).toEqual([50, 10]);
  });

  it("prepares the data that it is given, not what a page happens to hold", async () => {
    const source = memorySource(2);
    const { prepare, trips } = counted();
    const ahead = new LookAhead(createSourceClient(source.call), prepare, stillClock());
    const { data } = await ahead.fetch(1);
    expect(await ahead.prepare(1, { ...data, order_id: "OTHER" }))
      .toMatchObject({ request: { order_reference: "OTHER" } });
    expect(trips).toEqual([2, 1]);
  });

  it("prepares anew what was read anew", async () => {
    const source = memorySource(2);
    const clock = stillClock();
    const { prepare } = counted();
    const ahead = new LookAhead(createSourceClient(source.call), prepare, clock);
    const first = await ahead.fetch(2);
    await ahead.prepare(2, first.data);
    source.rows[1] = { ...source.rows[1], order_id: "MENDED" };
    clock.move(5_001);
    const second = await ahead.fetch(2);
    expect(await ahead.prepare(2, second.data))
      .toMatchObject({ request: { order_reference: "MENDED" } });
  });

  it("keeps a row's fault to that row", async () => {
    const source = memorySource(3);
    source.rows[1] = { order_id: "ORDER-2" };
    const { prepare } = counted();
    const ahead = new LookAhead(createSourceClient(source.call), prepare, stillClock());
    const types: unknown[] = [];
    for (const rowNumber of [1, 2, 3]) {
      const { data } = await ahead.fetch(rowNumber);
      types.push((await ahead.prepare(rowNumber, data))?.type);
    }
    expect(types).toEqual(["rendered", "refused", "rendered"]);
  });

  it("begins the next page in the background, and tells of its failure only when it is needed", async () => {
    const source = memorySource(60);
    let isAway = false;
    const call: ToolCaller = (tool, args) =>
      isAway ? Promise.reject(new Error("away")) : source.call(tool, args);
    const ahead = new LookAhead(createSourceClient(call), prepareNothing, stillClock());
    await ahead.fetch(1);
    isAway = true;
    expect((await ahead.fetch(45)).row_number).toBe(45);
    expect((await ahead.fetch(50)).row_number).toBe(50);
    await expect(ahead.fetch(51)).rejects.toThrow("away");
    isAway = false;
    expect((await ahead.fetch(51)).row_number).toBe(51);
  });

  it("has a row's request ready once its page is read, and only as it was imported", async () => {
    const source = memorySource(60);
    source.rows[2] = { order_id: "ORDER-3" };
    const clock = stillClock();
    const { prepare, trips } = counted();
    const client = createSourceClient(source.call);
    const ahead = new LookAhead(client, prepare, clock);
    const imported = await client.getRow(51);
    expect(ahead.ready(51, imported.checksum)).toBeUndefined();
    await ahead.fetch(1);
    const { checksum, data } = await ahead.fetch(2);
    const expected = await ahead.prepare(2, data);
    expect(expected?.type === "rendered" && expected.request).toEqual(ahead.ready(2, checksum));
    // Another order than the imported one, a row that cannot be rendered, a row of the next page.
    expect(ahead.ready(2, "other")).toBeUndefined();
    expect(ahead.ready(3, (await ahead.fetch(3)).checksum)).toBeUndefined();
    expect(ahead.ready(51, imported.checksum)).toBeUndefined();
    expect(trips).toEqual([50]);
    // Halfway through its page it has the next one read, and no page is used for long.
    for (let rowNumber = 4; rowNumber < 50; rowNumber++) await ahead.fetch(rowNumber);
    expect(ahead.ready(50, (await client.getRow(50)).checksum))
      .toMatchObject({ order_reference: "ORDER-50" });
    await ahead.fetch(51);
    expect(ahead.ready(51, imported.checksum)).toBeDefined();
    expect(trips).toEqual([50, 10]);
    clock.move(5_001);
    expect(ahead.ready(51, imported.checksum)).toBeUndefined();
  });
});
