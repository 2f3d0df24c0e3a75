/**
 * `void` as a person or a program meets it: real processes, the bundled servers, kills at exact points.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuditLog, JobStore } from "../src/actors/job_store.ts";
import { livenessOf, thisRunner } from "../src/actors/runner_identity.ts";
import { acquireLease } from "../src/db/leases.ts";
import { listRows } from "../src/db/row_queries.ts";
import { findOpenVoids } from "../src/db/voids.ts";
import { projectFolder, runCommand } from "./helpers/cli.ts";
import { openLab } from "./helpers/crash_lab.ts";
import { readText, temporaryFolder } from "./helpers/folders.ts";
import { ledgerIn } from "./helpers/ledger.ts";
import { onTerminal } from "./helpers/terminal.ts";
import { createPostgresDatabase, postgresUrl } from "./helpers/stores.ts";

describe("deno task void", () => {
  let folder: { path: string } & Disposable;
  const ask = (...args: string[]) => runCommand(folder.path, args);
  const voids = () => ledgerIn(`${folder.path}/sandbox`).filter(({ kind }) => kind === "void");
  const cells = (row: number) =>
    readText(`${folder.path}/demo/orders.csv`).trimEnd().split("\n")[row]?.split(",").slice(-3);

  beforeAll(async () => {
    folder = temporaryFolder();
    expect((await ask("run", "demo")).code).toBe(0);
  });
  afterAll(() => folder[Symbol.dispose]());

  it("changes nothing unless it is confirmed, and says how many, which and how much", async () => {
    const before = readText(`${folder.path}/demo/orders.csv`);
    const { code, stderr } = await ask("void", "demo", "--rows", "3,7-8");
    expect(code).toBe(2);
    expect(stderr).toContain("3 labels of job demo (rows 3,7-8), 46.17 USD");
    expect(stderr).toContain("deno task void demo --rows 3,7-8 --yes");
    expect((await ask("void", "demo", "--rows", "99", "--yes")).stderr).toContain("E-1006");
    expect((await ask("void", "demo", "--rows", "7-3", "--yes")).code).toBe(2);
    expect(voids()).toEqual([]);
    expect(readText(`${folder.path}/demo/orders.csv`)).toBe(before);
    const audit = JSON.parse((await ask("audit", "demo", "--json")).stdout);
    expect(audit.events.at(-1).type).toBe("job_transition");
  }, 30_000);

  it("asks a person at a terminal, and takes nothing but a yes for a yes", async () => {
    const no = await onTerminal(folder.path, ["void", "demo", "--rows", "2"], "\n");
    expect(no.text).toContain("Void at the carrier? [y/N]");
    expect(no.text).toContain("1 label of job demo (row 2), 12.74 USD");
    expect([no.code, voids().length]).toEqual([2, 0]);
    const yes = await onTerminal(folder.path, ["void", "demo", "--rows", "2"], "y\n");
    expect([yes.code, voids().length]).toEqual([0, 1]);
    expect(cells(2)).toEqual(["", expect.stringMatching(/Z$/), expect.stringMatching(/Z$/)]);
  }, 30_000);

  it("tells a program what it did, and a person how the job stands", async () => {
    const { code, stdout } = await ask(
      ...["void", "demo", "--rows", "3", "--yes", "--json", "--reason", "wrong box"],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      job_id: "demo",
      exit_code: 0,
      voided: [{ row_number: 3, cost_minor: 1256, currency_code: "USD" }],
      ...{ already_voided: [], refused: [], not_asked: 0, source: { written: 1, owed: 0 } },
    });
    const status = await ask("status", "demo");
    expect(status.stdout).toContain("demo is complete");
    expect(status.stdout).toContain("23 of 25 shipped, 2 voided");
    expect(status.stdout).toMatch(/Cost +341.57 USD/);
    expect(status.stdout).toMatch(/Voided +2 labels, 25.30 USD not spent/);
    const again = await ask("void", "demo", "--rows", "3", "--yes");
    expect([again.code, again.stdout]).toEqual([
      0,
      "Nothing to void: row 3 is voided already\n",
    ]);
    const audit = JSON.parse((await ask("audit", "demo", "--json")).stdout);
    const decided = audit.events.filter(({ type }: { type: string }) => type === "void_decided");
    expect(decided.at(-1)).toMatchObject({ row_number: 3, details: { reason: "wrong box" } });
    // What is done stays done: nothing is bought, nothing comes back.
    const ships = () => ledgerIn(`${folder.path}/sandbox`).filter(({ kind }) => kind === "ship");
    expect([(await ask("run", "demo")).code, ships().length]).toEqual([0, 25]);
    expect(cells(3)?.[0]).toBe("");
  }, 60_000);

  it("owes a source that is away the void, and the next run brings it", async () => {
    const path = `${folder.path}/demo/orders.csv`;
    await Deno.rename(path, `${path}.away`);
    const { code, stdout } = await ask("void", "demo", "--rows", "4", "--yes");
    expect(code).toBe(5);
    expect(stdout).toContain("still shows 1 voided number");
    await Deno.rename(`${path}.away`, path);
    expect(cells(4)?.[0]).toMatch(/^1Z/);
    expect((await ask("status", "demo")).stdout).toContain("the source still shows 1");
    expect((await ask("run", "demo")).code).toBe(0);
    expect(cells(4)?.[0]).toBe("");
    expect((await ask("status", "demo")).stdout).toContain("demo is complete");
  }, 60_000);

  it(
    "passes over rows of a range that have no label, and refuses one that is named itself",
    async () => {
      expect((await ask("retry", "demo", "--rows", "3")).code).toBe(0);
      const before = voids().length;
      const range = await ask("void", "demo", "--rows", "2-4", "--yes");
      expect([range.code, range.stdout]).toEqual([
        0,
        "Nothing to void: rows 2,4 are voided already\n",
      ]);
      expect(range.stderr).toContain("Passed over: row 3 has no label");
      for (const rows of ["3", "2-4,3"]) {
        const { code, stderr } = await ask("void", "demo", "--rows", rows, "--yes");
        expect([code, stderr.includes("E-4009")]).toEqual([2, true]);
      }
      expect(voids().length).toBe(before);
    },
    60_000,
  );

  it("counts every voided label, of a row that was shipped again too", async () => {
    const again = await ask("run", "demo");
    expect(again.code).toBe(0);
    expect(again.stderr).toContain("Resuming: 22 of 25 complete, 2 voided");
    expect(again.stdout).toContain("23 of 25 shipped, 2 voided");
    const { stdout } = await ask("status", "demo", "--json");
    const { voided_labels, voided_costs, costs } = JSON.parse(stdout);
    expect(voided_labels).toBe(3);
    // All 25 were bought, and row 3 once more.
    expect(voided_costs.USD + costs.USD).toBe(36687 + 1256);
  }, 60_000);

  it("is undone by nobody: where every label is voided, run says how to ship again", async () => {
    expect((await ask("void", "demo", "--yes")).code).toBe(0);
    const { code, stderr } = await ask("run", "demo");
    expect(code).toBe(0);
    expect(stderr).toContain("deno task retry demo --rows 1-25");
  }, 60_000);

  it("does not come between a runner and its job", async () => {
    const runner = await thisRunner();
    await using store = await JobStore.open(`sqlite:${folder.path}/waybill.db`);
    await store.db.transaction().execute((trx) =>
      acquireLease(trx, "demo", runner, new Date(), livenessOf)
    );
    const before = voids().length;
    const { code, stderr } = await ask("void", "demo", "--rows", "5", "--yes");
    expect([code, voids().length]).toEqual([3, before]);
    expect(stderr).toContain("Next: Pause it first: deno task pause demo");
  }, 30_000);
});

const kinds = postgresUrl ? ["sqlite", "postgres"] as const : ["sqlite"] as const;

/** Where it is killed, and how many labels are dead then. */
const points: readonly [string, string, number][] = [
  ["between the carrier's void and its commit", "runner:commit-voided:before", 1],
  ["before the carrier is asked", "ups:void:before", 0],
  ["before the source is told", "source:journal-fsync:before", 2],
  ["before it is known that the source knows", "runner:commit-void_written:before", 2],
];

describe.each(kinds)("a killed void on %s", (kind) => {
  // On PostgreSQL the commits alone are others.
  it.each(kind === "sqlite" ? points : points.slice(0, 1))(
    "is finished by the next one: %s",
    async (_, at, dead) => {
      const database = kind === "postgres" && postgresUrl
        ? await createPostgresDatabase(postgresUrl)
        : undefined;
      try {
        await using lab = await openLab({ rows: 2, databaseUrl: database?.url });
        await lab.runUntilDone(1);
        await lab.untilServersEnd();
        lab.plan([{ at, victims: ["runner", "ups", "source"] }]);
        const cut = await lab.say("void", "--yes");
        expect(cut.signal).toBe("SIGKILL");
        await lab.untilServersEnd();
        const deadNow = () => ledgerIn(lab.sandbox).filter((entry) => entry.kind === "void").length;
        expect(deadNow()).toBe(dead);
        {
          await using store = await JobStore.open(lab.databaseUrl);
          const { unanswered } = await findOpenVoids(store.db, lab.job);
          expect(unanswered).toEqual(
            at.startsWith("ups:void") || at === "runner:commit-voided:before" ? [1] : [],
          );
        }
        if (dead === 1) {
          // The job is complete, and yet something is open: whoever runs it or asks for it is told.
          const told = await lab.run();
          expect([told.code, told.stderr.includes("A void was begun for row 1,")]).toEqual([
            0,
            true,
          ]);
        }
        const next = await lab.say("void", "--yes");
        expect([next.code, next.stderr.includes("E-")]).toEqual([0, false]);
        await lab.settle();
        await using store = await JobStore.open(lab.databaseUrl);
        const rows = await listRows(store.db, lab.job);
        expect(rows.map(({ status }) => status)).toEqual(["voided", "voided"]);
        expect(await findOpenVoids(store.db, lab.job)).toEqual({ owed: 0, unanswered: [] });
        expect(await new AuditLog(store).verify(lab.job)).toBe(undefined);
        expect(deadNow()).toBe(2);
        const lines = readText(lab.csv).trimEnd().split("\n");
        const original = readText(`${projectFolder}examples/orders.csv`).split("\n");
        for (const [at, line] of lines.slice(1).entries()) {
          expect(line).toMatch(/,,20\S+Z,20\S+Z$/);
          expect(line.startsWith(`${original[at + 1]},`)).toBe(true);
        }
      } finally {
        await database?.drop();
      }
    },
    30_000,
  );
});
