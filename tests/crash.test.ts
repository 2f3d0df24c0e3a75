/**
 * The program is killed for real, with SIGKILL, at the points where it hurts, and run again by the
 * same command. The servers are processes too: a third party's carrier and source, named by `--mcp`.
 *
 * Invariants after each: no key is sent twice, no row has two labels, and what was sold is known.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../src/db/open.ts";
import { listRows } from "../src/db/row_queries.ts";
import { AuditLog, JobStore } from "../src/actors/job_store.ts";
import { projectFolder, runCommand, startCommand } from "./helpers/cli.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { createPostgresDatabase, postgresUrl } from "./helpers/stores.ts";
import { shipper, template } from "./helpers/tools.ts";

/** The conditions of the safe policy, in milliseconds instead of minutes. */
const shortWaits = {
  WAYBILL_QUIET_MS: "800",
  WAYBILL_APART_MS: "100",
  WAYBILL_LOOKUP_RETRY_MS: "50",
};

/** A kill needs a database that another process can reach: PGlite is in this one. */
const kinds = postgresUrl ? ["sqlite", "postgres"] as const : ["sqlite"] as const;

describe.each(kinds)("a killed runner on %s", (kind) => {
  let databaseUrl: string | undefined;
  let drop = () => Promise.resolve();

  beforeAll(async () => {
    if (kind !== "postgres" || !postgresUrl) return;
    ({ url: databaseUrl, drop } = await createPostgresDatabase(postgresUrl));
  });
  afterAll(() => drop());

  let jobs = 0;

  /** A folder with the servers' file, the template and the shipper; the job is imported. */
  async function prepare(rows: number, serverEnv: Record<string, string>) {
    const folder = temporaryFolder();
    const { path } = folder;
    const server = (which: string) => ({
      command: Deno.execPath(),
      args: [
        "run",
        "-A",
        `--config=${projectFolder}deno.json`,
        `${projectFolder}tests/fixtures/faulty_servers.ts`,
        which,
        path,
      ],
      env: { ROWS: String(rows), ...serverEnv },
    });
    const mcpServers = { source: server("source"), carrier: server("carrier") };
    writeText(`${path}/mcp.json`, JSON.stringify({ mcpServers }));
    writeText(`${path}/template.njk`, template);
    writeText(`${path}/shipper.json`, JSON.stringify(shipper));
    const job = `job-${++jobs}`;
    const url = databaseUrl ?? `sqlite:${path}/waybill.db`;
    const command = (...args: string[]) => {
      const mcp = ["run", "import", "retry"].includes(args[0] ?? "") ? ["--mcp", "mcp.json"] : [];
      return runCommand(path, [...args, ...mcp], { DATABASE_URL: url, ...shortWaits });
    };
    const files = ["--template", "template.njk", "--shipper", "shipper.json"];
    expect(await command("import", ...files, "--job", job)).toMatchObject({ code: 0 });
    const lines = (file: string): Record<string, string | number>[] => {
      try {
        const text = readText(`${path}/${file}`);
        return text.trim().split("\n").map((line) => JSON.parse(line));
      } catch {
        return [];
      }
    };
    const start = (...args: string[]) =>
      startCommand(path, [...args, "--mcp", "mcp.json"], { DATABASE_URL: url });
    const statuses = async () => {
      const db = await openDatabase(url);
      const rows = await listRows(db, job);
      await db.destroy();
      return rows;
    };
    const auditBreak = async () => {
      await using store = await JobStore.open(url);
      return await new AuditLog(store).verify(job);
    };
    return { folder, path, job, command, start, lines, statuses, auditBreak };
  }

  /** What must hold whatever happened. */
  function expectNothingTwice(lines: (file: string) => Record<string, string | number>[]) {
    const keys = lines("sends.jsonl").map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const sold = lines("sales.jsonl").map(({ row }) => row);
    expect(new Set(sold).size).toBe(sold.length);
  }

  it.each(["before_sale", "after_sale"])(
    "asks a person when it died with a purchase under way (%s), and then carries on",
    async (point) => {
      const { folder, job, command, lines, statuses, auditBreak } = await prepare(3, {
        KILL_AT: `${point}:2`,
      });
      using _ = folder;
      expect((await command("run", job)).signal).toBe("SIGKILL");
      expect((await command("status", job)).stdout).toContain("interrupted: its runner is gone");

      const again = await command("run", job);
      expect(again.code).toBe(4);
      expect(again.stderr).toContain(`deno task resolve ${job} 2`);
      expect((await statuses()).map(({ status }) => status))
        .toEqual(["completed", "needs_review", "pending"]);
      // And it stays so: asking again neither buys nor forgets.
      expect((await command("run", job)).code).toBe(4);
      expectNothingTwice(lines);

      const sale = lines("sales.jsonl").find(({ row }) => row === 2);
      const decision = sale ? ["--adopt", String(sale["tracking"])] : ["--reship"];
      const resolved = await command("resolve", job, "2", ...decision, "--reason", "looked it up");
      expect(resolved.code).toBe(0);
      const { stdout: mended } = await command("status", job);
      expect(mended).not.toContain("E-3010");
      expect(mended).toContain(`Next: deno task run ${job}`);
      expect((await command("run", job)).code).toBe(0);
      expectNothingTwice(lines);
      const rows = await statuses();
      expect(rows.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
      const sold = new Map(lines("sales.jsonl").map(({ row, tracking }) => [row, tracking]));
      expect(
        rows.map(({ row_number, tracking_number }) => sold.get(row_number) === tracking_number),
      )
        .toEqual([true, true, true]);
      const written = new Map(lines("written.jsonl").map(({ row, tracking }) => [row, tracking]));
      expect(written).toEqual(sold);
      expect(await auditBreak()).toBeUndefined();
    },
    60_000,
  );

  it.each(["before_write_back:2", "after_write_back:2", "after_write_back:3", "at_flush:0"])(
    "brings the number it owed, and buys nothing again, when it died at %s",
    async (point) => {
      const { folder, job, command, lines, statuses, auditBreak } = await prepare(3, {
        KILL_AT: point,
      });
      using _ = folder;
      expect((await command("run", job)).signal).toBe("SIGKILL");
      expect(await command("run", job)).toMatchObject({ code: 0 });
      expectNothingTwice(lines);
      expect(lines("sends.jsonl").length).toBe(3);
      const rows = await statuses();
      expect(rows.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
      const written = new Map(lines("written.jsonl").map(({ row, tracking }) => [row, tracking]));
      expect([...written]).toEqual(
        rows.map(({ row_number, tracking_number }) => [row_number, tracking_number]),
      );
      expect(await auditBreak()).toBeUndefined();
    },
    60_000,
  );

  it("halts on a refusal with exit 1, and carries on after a retry", async () => {
    const { folder, job, command, lines } = await prepare(3, { REFUSE: "${REFUSE:-}" });
    using _ = folder;
    writeText(
      `${folder.path}/refusing.json`,
      readText(`${folder.path}/mcp.json`).replaceAll("${REFUSE:-}", "ORDER-2"),
    );
    const halted = await runCommand(folder.path, ["run", job, "--mcp", "refusing.json"], {
      DATABASE_URL: databaseUrl ?? `sqlite:${folder.path}/waybill.db`,
    });
    expect(halted.code).toBe(1);
    expect(halted.stderr).toContain("120802 row 2: No such street");
    expect((await command("run", job)).code).toBe(1);
    expect(lines("sends.jsonl").length).toBe(2);
    expect((await command("retry", job)).code).toBe(0);
    expect((await command("run", job)).code).toBe(0);
    expectNothingTwice(lines);
    expect(lines("sends.jsonl").length).toBe(4);
  }, 60_000);

  it(
    "leaves a job that another runner holds alone, with exit 3, until that one is dead",
    async () => {
      const { folder, job, command, start, lines } = await prepare(400, {});
      using _ = folder;
      const first = start("run", job);
      // Running for sure once the carrier was called.
      await until(() => lines("sends.jsonl").length > 0);
      const second = await command("run", job);
      expect(second.code).toBe(3);
      expect(second.stderr).toContain(`process ${first.child.pid} on`);
      first.child.kill("SIGINT");
      expect(await first.ended).toMatchObject({ code: 130 });
      expect((await command("run", job)).code).toBe(0);
      expectNothingTwice(lines);
      expect(lines("sales.jsonl").length).toBe(400);
    },
    60_000,
  );

  it("asks and buys where the job began, without being told, and nowhere else", async () => {
    const { folder, job, command, lines, statuses } = await prepare(3, {
      KILL_AT: "after_sale:2",
      FIND: "1",
    });
    using _ = folder;
    const { path } = folder;
    const url = databaseUrl ?? `sqlite:${path}/waybill.db`;
    const bare = (...args: string[]) =>
      runCommand(path, args, { DATABASE_URL: url, ...shortWaits });
    // Named at the import: nothing has to be named again.
    expect((await bare("run", job)).signal).toBe("SIGKILL");
    expect(lines("sends.jsonl").length).toBe(2);
    writeText(`${path}/other.json`, readText(`${path}/mcp.json`));
    const other = await bare("run", job, "--mcp", "other.json");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("E-4017");
    expect(other.stderr).toContain(`--mcp ${path}/mcp.json`);
    expect((await statuses()).map(({ status }) => status))
      .toEqual(["completed", "in_flight", "pending"]);
    expect(await bare("run", job)).toMatchObject({ code: 0 });
    expectNothingTwice(lines);
    expect(lines("sends.jsonl").length).toBe(3);
    expect((await command("status", job)).stdout).toContain("complete");
  }, 60_000);

  it("does not let a runner that was suspended past its lease commit or buy", async () => {
    const { folder, job, command, start, lines, statuses, auditBreak } = await prepare(8, {
      FIND: "1",
      HOLD_AT: "4",
    });
    using _ = folder;
    const first = start("run", job);
    // In the middle of a purchase. In the middle of a commit it would keep SQLite's lock as well.
    await until(() => namesIn(folder.path).includes("holding"));
    first.child.kill("SIGSTOP");
    // As another host would see it: a holder that it cannot ask about, whose lease has run out.
    const db = await openDatabase(databaseUrl ?? `sqlite:${folder.path}/waybill.db`);
    await db.updateTable("job_leases")
      .set({ host: "elsewhere", expires_at: new Date(0).toISOString() })
      .where("job_id", "=", job).execute();
    await db.destroy();
    expect(await command("run", job)).toMatchObject({ code: 0 });
    const sent = lines("sends.jsonl").length;
    writeText(`${folder.path}/go`, "");
    first.child.kill("SIGCONT");
    const { code, stderr } = await first.ended;
    expect(code).toBe(3);
    expect(stderr).toContain("E-4005");
    expect(lines("sends.jsonl").length).toBe(sent);
    expectNothingTwice(lines);
    const rows = await statuses();
    expect(rows.every(({ status }) => status === "completed")).toBe(true);
    const sold = new Map(lines("sales.jsonl").map(({ row, tracking }) => [row, tracking]));
    expect(rows.map(({ row_number, tracking_number }) => sold.get(row_number) === tracking_number))
      .toEqual(rows.map(() => true));
    expect(await auditBreak()).toBeUndefined();
  }, 60_000);
});

/** Waits for something that a process does, and fails instead of waiting for ever. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error("it did not happen within 30 s");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
