/**
 * MCP servers that die, hang and talk rubbish at every point of a row's life, as processes that somebody
 * else wrote: the supervisor starts them again, reads are repeated, a purchase never is, and nobody is
 * asked where the carrier can tell what it did.
 */
import { describe, expect } from "vitest";
import { projectFolder, startCommand } from "./helpers/cli.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { itSideBySide } from "./helpers/side_by_side.ts";
import { shipper, template } from "./helpers/tools.ts";
import type { Misdeed } from "./fixtures/misbehaviour.ts";

const rows = 8;

/** Short times in the order that they must have; the restart budget is that of production. */
const shortTimes = {
  WAYBILL_CALL_TIMEOUT_MS: "1500",
  WAYBILL_QUIET_MS: "2000",
  WAYBILL_APART_MS: "50",
  WAYBILL_LOOKUP_RETRY_MS: "20",
  WAYBILL_RETRY_MS: "20",
  WAYBILL_TRUST_NOT_FOUND: "1",
};

/** A batch whose servers misbehave; what its run told, and what they were asked. */
async function ship(misdeeds: readonly Misdeed[], env: Record<string, string> = {}) {
  using folder = temporaryFolder();
  const { path } = folder;
  const server = (which: string) => ({
    command: Deno.execPath(),
    args: [
      ...["run", "-A", `--config=${projectFolder}deno.json`],
      ...[`${projectFolder}tests/fixtures/faulty_servers.ts`, which, path],
    ],
    env: { ROWS: String(rows), FIND: "1" },
  });
  const mcpServers = { source: server("source"), carrier: server("carrier") };
  writeText(`${path}/mcp.json`, JSON.stringify({ mcpServers }));
  writeText(`${path}/template.njk`, template);
  writeText(`${path}/shipper.json`, JSON.stringify(shipper));
  const command = (...args: string[]) => startCommand(path, args, { ...shortTimes, ...env }).ended;
  const files = ["--template", "template.njk", "--shipper", "shipper.json"];
  const imported = await command("import", ...files, "--job", "job", "--mcp", "mcp.json");
  expect(imported).toMatchObject({ code: 0 });
  writeText(`${path}/misdeeds.json`, JSON.stringify(misdeeds));
  const ended = await command("run", "job", "--json");
  const audit: { events: { type: string }[]; broken_at: unknown } = JSON.parse(
    (await command("audit", "job", "--json")).stdout,
  );
  expect(audit.broken_at).toBe(null);
  const { rows: stored }: { rows: { status: string }[] } = JSON.parse(
    (await command("rows", "job", "--json")).stdout,
  );
  const lines = (file: string): Record<string, unknown>[] => {
    try {
      return readText(`${path}/${file}`).trim().split("\n").map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  };
  const events: Record<string, unknown>[] = ended.stdout.trim().split("\n")
    .map((line) => JSON.parse(line));
  return {
    ...ended,
    events,
    news: events.filter(({ type }) => /^(child_|escalated)/.test(String(type)))
      .map(({ type, child, reason }) => [type, child, reason].filter(Boolean).join(" ")),
    audit: audit.events.map(({ type }) => type),
    statuses: stored.map(({ status }) => status),
    sends: lines("sends.jsonl"),
    sales: lines("sales.jsonl"),
    written: new Set(lines("written.jsonl").map(({ row }) => row)),
  };
}

/** Every row has one label, each key was sent once, and the source has every number. */
function expectShippedOnce(
  { code, stderr, sends, sales, written }: Awaited<ReturnType<typeof ship>>,
) {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const keys = sends.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const all = Array.from({ length: rows }, (_, index) => index + 1);
  expect(sales.map(({ row }) => row).toSorted()).toEqual(all);
  expect([...written].toSorted()).toEqual(all);
}

/** Misdeeds of one run each; a server is started again five times a minute at the most. */
const passing: readonly { name: string; child: string; misdeeds: Misdeed[]; reasons: string[] }[] =
  [
    {
      name: "the source dies: in a read, in a write-back, before it acknowledges one, between rows",
      child: "source.job",
      misdeeds: [
        { tool: "get_rows", nth: 2, act: "die" },
        { tool: "write_back", nth: 2, act: "die" },
        { tool: "write_back", nth: 4, act: "die_after" },
        { tool: "write_back", nth: 6, act: "die_later" },
      ],
      reasons: ["ended", "ended", "ended", "ended"],
    },
    {
      name: "the source hangs in a read and in a write-back",
      child: "source.job",
      misdeeds: [
        { tool: "get_rows", nth: 1, act: "hang" },
        { tool: "write_back", nth: 3, act: "hang_after" },
      ],
      reasons: ["hung", "hung"],
    },
    {
      name: "the carrier dies: before it sells, after it has sold, between rows",
      child: "carrier.job",
      misdeeds: [
        { tool: "shipping_create", nth: 2, act: "die" },
        { tool: "shipping_create", nth: 4, act: "die_after" },
        { tool: "shipping_create", nth: 6, act: "die_later" },
      ],
      reasons: ["ended", "ended", "ended"],
    },
    {
      name: "the carrier hangs: before it sells, after it has sold, in a look-up",
      child: "carrier.job",
      misdeeds: [
        { tool: "shipping_create", nth: 2, act: "hang" },
        { tool: "find", nth: 1, act: "hang" },
        { tool: "shipping_create", nth: 5, act: "hang_after" },
      ],
      reasons: ["hung", "hung", "hung"],
    },
    {
      name: "a server does not start the next time, and then does",
      child: "source.job",
      misdeeds: [
        { tool: "write_back", nth: 2, act: "die" },
        { tool: "start_source", nth: 2, act: "hang" },
        { tool: "start_source", nth: 3, act: "die" },
      ],
      reasons: ["ended", "did_not_start", "did_not_start"],
    },
  ];

describe("a run goes on by itself where", () => {
  itSideBySide([
    ...passing.map(({ name, child, misdeeds, reasons }) => ({
      name,
      body: async () => {
        const run = await ship(misdeeds, { WAYBILL_CONNECT_TIMEOUT_MS: "3000" });
        expectShippedOnce(run);
        const exits = run.news.filter((each) => each.startsWith(`child_exited ${child}`));
        expect(exits).toEqual(reasons.map((reason) => `child_exited ${child} ${reason}`));
        expect(run.news).toContain(`child_restarted ${child}`);
        expect(run.audit.filter((type) => type === "child_exited").length).toBe(reasons.length);
        expect(run.audit).toContain("child_restarted");
      },
    })),
    {
      name: "servers print what is no message, and flood their stderr: none is even started again",
      body: async () => {
        const run = await ship([
          { tool: "get_rows", nth: 1, act: "rubbish" },
          { tool: "write_back", nth: 2, act: "flood" },
          { tool: "shipping_create", nth: 2, act: "rubbish" },
          { tool: "shipping_create", nth: 3, act: "flood" },
        ]);
        expectShippedOnce(run);
        expect(run.news.filter((each) => !each.startsWith("child_started"))).toEqual([]);
      },
    },
    {
      name: "a server prints a line without an end: more than ten megabytes are not kept",
      body: async () => {
        const run = await ship([{ tool: "write_back", nth: 2, act: "endless_line" }]);
        expectShippedOnce(run);
        expect(run.news).toContain("child_restarted source.job");
      },
    },
  ]);
});

describe("a run stops with a plain reason where", () => {
  itSideBySide([
    {
      name: "the source dies of being read: nothing is bought",
      body: async () => {
        const run = await ship([{ tool: "get_rows", nth: -1, act: "die" }]);
        expect(run.code).toBe(1);
        expect(run.sales).toEqual([]);
        expect(run.events.at(-1)).toMatchObject({ type: "result", problem: { code: "E-4010" } });
      },
    },
    {
      name: "the carrier dies of every purchase: it is given up, and no key was sent twice",
      body: async () => {
        const run = await ship([{ tool: "shipping_create", nth: -1, act: "die" }], {
          WAYBILL_MAX_ATTEMPTS: "20",
        });
        expect(run.code).toBe(1);
        expect(run.sales).toEqual([]);
        expect(run.news).toContain("escalated carrier.job ended");
        expect(run.audit).toContain("escalated");
        const problem = { code: "E-4010" };
        expect(run.events.at(-1)).toMatchObject({ type: "result", problem });
        expect(run.statuses).toEqual(["in_flight", ...Array(rows - 1).fill("pending")]);
      },
    },
    {
      name: "a server never answers when it is first started",
      body: async () => {
        const run = await ship([{ tool: "start_carrier", nth: 1, act: "hang" }], {
          WAYBILL_CONNECT_TIMEOUT_MS: "3000",
        });
        expect(run.code).toBe(1);
        expect(run.events.at(-1)).toMatchObject({ problem: { code: "E-4010" } });
        expect(run.sales).toEqual([]);
      },
    },
  ]);
});
