/**
 * MCP servers that die, hang and talk rubbish at every point of a row's life, as processes that somebody
 * else wrote: the supervisor starts them again, reads are repeated, a purchase never is, and nobody is
 * asked where the carrier can tell what it did.
 */
import { describe, expect } from "vitest";
import { writeText } from "./helpers/folders.ts";
import { itSideBySide } from "./helpers/side_by_side.ts";
import { expectShippedOnce, makeBatch, rowCount } from "./helpers/third_party_batch.ts";
import { complaint, type Misdeed } from "./fixtures/misbehaviour.ts";
import { namesIn, readText, temporaryFolder } from "./helpers/folders.ts";

/** Ships a batch whose servers misbehave. */
async function ship(misdeeds: readonly Misdeed[], env: Record<string, string> = {}) {
  using batch = await makeBatch({ misdeeds, env });
  return await batch.run();
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
        // Row 4; nothing is asked of the source meanwhile.
        { tool: "write_back", nth: 6, act: "die_later" },
        { tool: "shipping_create", nth: 5, act: "slow" },
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
        // Row 5; nothing is asked of the carrier meanwhile, and the next claim waits.
        { tool: "shipping_create", nth: 6, act: "die_later" },
        { tool: "write_back", nth: 5, act: "slow" },
        { tool: "start_carrier", nth: 4, act: "slow" },
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
        // A row waits for its carrier before its claim: no attempt is made in vain.
        expect(run.audit).not.toContain("attempt_not_sent");
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

describe("a server that stands still", () => {
  itSideBySide(
    [false, true].map((isWrapped) => ({
      name: `is ended, ${
        isWrapped ? "and its shell" : "whatever it is told"
      }: it buys nothing later`,
      body: async () => {
        using batch = await makeBatch({
          misdeeds: [
            { tool: "shipping_create", nth: 3, act: "suspend" },
            { tool: "write_back", nth: 5, act: "suspend" },
          ],
          isWrapped,
        });
        const run = await batch.run();
        expectShippedOnce(run);
        expect(run.news).toContain("child_exited carrier.job hung");
        expect(run.news).toContain("child_exited source.job hung");
        expect(batch.left()).toEqual([]);
      },
    })),
  );
});

describe("a server that is never up again", () => {
  const deaf: readonly Misdeed[] = [
    { tool: "shipping_create", nth: 2, act: "die" },
    ...[2, 3, 4, 5, 6].map((nth): Misdeed => ({ tool: "start_carrier", nth, act: "hang" })),
  ];
  itSideBySide([
    {
      name: "is given up, though each start takes its whole time",
      body: async () => {
        const env = { WAYBILL_CONNECT_TIMEOUT_MS: "1000", WAYBILL_SERVER_RESTARTS: "2" };
        const run = await ship(deaf, env);
        expect(run.code).toBe(1);
        expect(run.news).toContain("escalated carrier.job did_not_start");
      },
    },
    {
      name:
        "is not waited for by a run that is to stop: the row is as it was, and the next run goes on",
      body: async () => {
        using batch = await makeBatch({
          misdeeds: deaf,
          env: { WAYBILL_CONNECT_TIMEOUT_MS: "3000" },
        });
        const run = await batch.run(({ reason }) => {
          if (reason === "did_not_start") batch.runner?.kill("SIGINT");
        });
        expect(run.code).toBe(130);
        expect(run.news).not.toContain("escalated carrier.job did_not_start");
        expect(batch.left()).toEqual([]);
        writeText(`${batch.path}/misdeeds.json`, "[]");
        expectShippedOnce(await batch.run());
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
        expect(run.statuses).toEqual(["in_flight", ...Array(rowCount - 1).fill("pending")]);
      },
    },
    ...[1, 2].map((from) => ({
      name:
        `a server says why it does not start, from its start ${from} on: that is for the terminal`,
      body: async () => {
        using folder = temporaryFolder();
        const misdeeds: Misdeed[] = [
          { tool: "shipping_create", nth: 2, act: "die" },
          { tool: "start_carrier", nth: -from, act: "complain" },
        ];
        const env = { WAYBILL_NOTIFY: `cat > ${folder.path}/told` };
        using batch = await makeBatch({ misdeeds, env });
        const run = await batch.run();
        expect(run.code).toBe(1);
        expect(run.stderr).toContain(`The carrier server said: ${complaint}`);
        const problem = { code: "E-4010", message: expect.stringContaining("Cannot start the") };
        expect(run.events.at(-1)).toMatchObject({ type: "result", problem });
        expect(run.news.includes("escalated carrier.job did_not_start")).toBe(from > 1);
        const told = readText(`${folder.path}/told`);
        expect(JSON.parse(told)).toMatchObject({ code: "E-4010" });
        // Neither events nor notice, and no page of the database either.
        const stored = ["waybill.db", "waybill.db-wal"]
          .filter((name) => namesIn(batch.path).includes(name))
          .map((name) => readText(`${batch.path}/${name}`));
        const isIn = (words: string) => stored.some((each) => each.includes(words));
        expect([isIn("order_reference"), isIn("S3CRET"), isIn("Quux")]).toEqual([
          true,
          false,
          false,
        ]);
        expect([JSON.stringify(run.events), told].join("")).not.toMatch(/S3CRET|Quux/);
      },
    })),
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
