/** The result of an MCP tool call, read as servers of any make give it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCarrierCheck } from "../src/actors/carrier_check.ts";
import { rateRow } from "../src/actors/rate_row.ts";
import { readAnswer } from "../src/actors/read_answer.ts";
import { systemClock } from "../src/actors/world.ts";
import { buyingNothing } from "../src/cli/open_servers.ts";
import { readToolResult, ToolError } from "../src/actors/tool_caller.ts";
import { WaybillError } from "../src/errors.ts";

const text = (value: string) => ({ content: [{ type: "text", text: value }] });

function thrownBy(result: unknown): unknown {
  try {
    return readToolResult("get_row", result);
  } catch (error) {
    return error;
  }
}

describe("readToolResult()", () => {
  it("prefers what is structured to the text beside it", () => {
    expect(readToolResult("t", { structuredContent: { a: 1 }, ...text(`{"a":2}`) }))
      .toEqual({ a: 1 });
  });

  it("reads the JSON of the text where nothing is structured", () => {
    expect(readToolResult("t", text(`{"row_number":1}`))).toEqual({ row_number: 1 });
    expect(readToolResult("t", { ...text("[1]"), structuredContent: null })).toEqual([1]);
  });

  it("takes a structured outcome for the answer, though it is marked as an error", () => {
    const answer = { outcome: "rejected", errors: [{ code: "1", message: "m" }] };
    expect(readToolResult("shipping_create", { isError: true, structuredContent: answer }))
      .toEqual(answer);
  });

  it("throws the server's own fault, with its code and remedy", () => {
    const fault = { code: "E-4007", message: "Another value is there", remedy: "Look at row 3" };
    const error = thrownBy({ isError: true, ...text(JSON.stringify(fault)) });
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({ ...fault, toolCode: "E-4007" });
  });

  it("keeps a code that is not ours as the tool's", () => {
    const fault = { code: "conflict", message: "Another value is there" };
    expect(thrownBy({ isError: true, ...text(JSON.stringify(fault)) }))
      .toMatchObject({ code: "E-4007", toolCode: "conflict", message: fault.message });
    // A name that every object has is no code of ours.
    expect(thrownBy({ isError: true, ...text(`{"code":"constructor"}`) }))
      .toMatchObject({ code: "E-4010", toolCode: "constructor" });
  });

  it("throws plain words as they are", () => {
    expect(thrownBy({ isError: true, ...text("disk full") }))
      .toMatchObject({ code: "E-4010", message: "The tool get_row failed: disk full" });
    expect(thrownBy({ isError: true, content: [] })).toBeInstanceOf(ToolError);
    expect(thrownBy({ isError: true, ...text("null") })).toBeInstanceOf(ToolError);
  });

  it("joins the blocks of a text, and passes over those that have none", () => {
    const content = [{ type: "text", text: `{"a":` }, { type: "image" }, { text: "1}" }, null];
    expect(readToolResult("t", { content })).toEqual({ a: 1 });
  });

  it.each([
    `null`,
    `42`,
    `"x"`,
    `{}`,
    `{"content":[]}`,
    `{"content":"x"}`,
    // Found by the property below: text that is no text, and breaks when it is made one.
    `{"content":[{"text":{"toString":[]}}]}`,
  ])(
    "refuses a result with nothing to read: %s",
    (json) => {
      const error = thrownBy(JSON.parse(json));
      expect(error).toBeInstanceOf(WaybillError);
      expect(error).toMatchObject({ code: "E-4010" });
    },
  );

  it("gives an answer or an error of ours, whatever a server sends", () => {
    const results = fc.oneof(
      fc.anything(),
      fc.record({ content: fc.anything(), isError: fc.boolean() }),
      fc.record({ content: fc.array(fc.record({ text: fc.anything() })), isError: fc.anything() }),
    );
    fc.assert(fc.property(results, (result) => {
      const outcome = thrownBy(result);
      expect(!(outcome instanceof Error) || outcome instanceof WaybillError).toBe(true);
    }));
  });
});

describe("a carrier's optional tools", () => {
  const failing = (text: string) => () => Promise.reject(new ToolError("t", text));

  it("stop nothing where they are of another contract, or broken", async () => {
    const carrier = failing("MCP error -32602: Invalid arguments for tool");
    expect(await createCarrierCheck(carrier)([{}])).toEqual([{ problem: undefined, warnings: [] }]);
    const asking = { carrier, clock: systemClock };
    const rate = await rateRow(asking, {});
    expect([rate.estimate, rate.problem, rate.warnings.length]).toEqual([undefined, undefined, 1]);
  });

  it("stop everything where they say what every other question would meet", async () => {
    const carrier = failing(JSON.stringify({ code: "E-5001", message: "no" }));
    await expect(createCarrierCheck(carrier)([{}])).rejects.toMatchObject({ code: "E-5001" });
    await expect(rateRow({ carrier, clock: systemClock }, {})).rejects.toMatchObject({
      code: "E-5001",
    });
  });
});

describe("buyingNothing()", () => {
  it("keeps the purchase back, and nothing else", async () => {
    const asked: string[] = [];
    const call = buyingNothing((tool) => Promise.resolve(void asked.push(tool)));
    const answer = readAnswer(await call("shipping_create", {}));
    await call("shipping_find_by_reference", {});
    expect(asked).toEqual(["shipping_find_by_reference"]);
    expect(answer).toMatchObject({ type: "not_sent", isForJob: true, problem: { code: "E-2004" } });
  });
});
