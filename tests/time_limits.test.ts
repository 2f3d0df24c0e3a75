/**
 * How long anybody waits: whoever knows more is heard before the next one gives up.
 */
import { describe, expect, it } from "vitest";
import { defaultTimeouts } from "../src/actors/mcp_connection.ts";
import { safePolicy } from "../src/actors/purchase_policy.ts";
import { childSpecsFrom } from "../src/actors/restart_budgets.ts";
import { timeLimitsFrom, toolLimitMs } from "../src/actors/time_limits.ts";
import { childSpecs } from "../src/machines/child_specs.ts";
import { readSettings } from "../src/servers/ups/settings.ts";
import { openJournal } from "../src/servers/ups/journal.ts";
import { requestMs, type Ups, withinTime } from "../src/servers/ups/ups.ts";
import { temporaryFolder } from "./helpers/folders.ts";

const from = (env: Record<string, string>) => timeLimitsFrom((name) => env[name]);

const sandbox = {
  UPS_SANDBOX_URL: "http://127.0.0.1:1",
  WAYBILL_LABELS_DIR: "labels",
  WAYBILL_UPS_JOURNAL: "journal.db",
};
const upsFrom = (env: Record<string, string>) => {
  const all: Record<string, string> = { ...sandbox, ...env };
  return readSettings((name) => all[name]);
};

describe("time limits", () => {
  it("are in order where nothing is said: request, tool, call, quiet period", () => {
    const { timeoutMs, toolTimeoutMs } = upsFrom({});
    const order = [timeoutMs, toolTimeoutMs, from({}).callMs, safePolicy.reconcile.quietMs];
    expect(order).toEqual(order.toSorted((one, two) => one - two));
    expect(new Set(order).size).toBe(4);
    expect(from({})).toEqual(defaultTimeouts);
  });

  it("are those of the environment, and grow with a request that takes longer", () => {
    expect(from({ WAYBILL_CALL_TIMEOUT_MS: "9000", WAYBILL_CONNECT_TIMEOUT_MS: "800" }))
      .toEqual({ callMs: 9_000, connectMs: 800 });
    expect(from({ UPS_TIMEOUT_MS: "90000" }).callMs).toBeGreaterThan(90_000);
    expect(upsFrom({ UPS_TIMEOUT_MS: "90000" }).toolTimeoutMs).toBeGreaterThan(90_000);
  });

  it.each([
    { UPS_TIMEOUT_MS: "5000", UPS_TOOL_TIMEOUT_MS: "5000" },
    { UPS_TOOL_TIMEOUT_MS: "8000", WAYBILL_CALL_TIMEOUT_MS: "8000", UPS_TIMEOUT_MS: "1000" },
    { WAYBILL_CALL_TIMEOUT_MS: "20000", WAYBILL_QUIET_MS: "20000" },
    { WAYBILL_CALL_TIMEOUT_MS: "soon" },
    { WAYBILL_CONNECT_TIMEOUT_MS: "0" },
  ])("in the wrong order, or none, are refused: %s", (env) => {
    expect(() => from({ ...env })).toThrow(/Cannot use/);
  });

  it("of a tool that nobody set lie between those of its requests and of its call", () => {
    expect(toolLimitMs(45_000, 75_000)).toBe(60_000);
    expect(toolLimitMs(3_000, 8_000)).toBe(5_500);
    expect(from({ UPS_TIMEOUT_MS: "3000", WAYBILL_CALL_TIMEOUT_MS: "8000" }).callMs).toBe(8_000);
    expect(() => from({ UPS_TIMEOUT_MS: "3000", WAYBILL_CALL_TIMEOUT_MS: "3000" }))
      .toThrow(/WAYBILL_CALL_TIMEOUT_MS=3000/);
  });

  it("of a tool are above those of its requests", () => {
    expect(() => upsFrom({ UPS_TIMEOUT_MS: "5000", UPS_TOOL_TIMEOUT_MS: "4000" }))
      .toThrow(/UPS_TOOL_TIMEOUT_MS/);
  });

  it("of a request end with its tool's", () => {
    using folder = temporaryFolder();
    using journal = openJournal(`${folder.path}/journal.db`);
    const tokens = {
      get: () => Promise.reject(new Error("never asked")),
      accept: () => {},
      refuse: () => false,
    };
    const ups: Ups = {
      settings: upsFrom({ UPS_TIMEOUT_MS: "3000", UPS_TOOL_TIMEOUT_MS: "4000" }),
      tokens,
      journal,
    };
    const call = withinTime(ups);
    expect(requestMs(ups)).toBe(3_000);
    expect(requestMs(call)).toBe(3_000);
    const endsAtMs = call.endsAtMs ?? 0;
    // Two seconds before the tool's end, and after it.
    expect(requestMs({ ...call, endsAtMs: endsAtMs - 2_000 })).toBeLessThanOrEqual(2_000);
    expect(requestMs({ ...call, endsAtMs: endsAtMs - 9_000 })).toBe(1);
  });
});

describe("restart budgets", () => {
  it("are those of the environment, and nothing else changes", () => {
    const specs = childSpecsFrom((name) =>
      name === "WAYBILL_DATABASE_RESTARTS" ? "3" : name === "WAYBILL_SERVER_RESTARTS" ? "0" : ""
    );
    expect(specs).toEqual({
      ...childSpecs,
      database: { ...childSpecs.database, maxRestarts: 3 },
      source: { ...childSpecs.source, maxRestarts: 0 },
      carrier: { ...childSpecs.carrier, maxRestarts: 0 },
    });
    expect(childSpecsFrom(() => undefined)).toEqual(childSpecs);
    expect(() => childSpecsFrom(() => "many")).toThrow(/no count/);
  });
});
