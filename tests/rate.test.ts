/** The rate of purchases, as the sandbox's books tell it: real processes, and a carrier that has enough. */
import { describe, expect, it } from "vitest";
import { runCommand, startCommand } from "./helpers/cli.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { ledgerIn } from "./helpers/ledger.ts";
import { shipper, template } from "./helpers/tools.ts";

const files = ["--template", "template.njk", "--shipper", "shipper.json"];

/** A folder with a job `j` of so many orders, and what the sandbox is told to spoil. */
async function jobOf(rows: number, faults: unknown = {}): Promise<{ path: string } & Disposable> {
  const folder = temporaryFolder();
  const orders = Array.from({ length: rows }, (_, n) => `SO-${n + 1},Jane,30005,1`);
  writeText(`${folder.path}/orders.csv`, `order_id,name,zip,weight\n${orders.join("\n")}\n`);
  writeText(`${folder.path}/template.njk`, template);
  writeText(`${folder.path}/shipper.json`, JSON.stringify(shipper));
  await Deno.mkdir(`${folder.path}/sandbox`);
  writeText(`${folder.path}/sandbox/faults.json`, JSON.stringify(faults));
  await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
  return folder;
}

/** The times between the ship requests that reached the carrier, in milliseconds. */
function gapsIn(folder: { path: string }): number[] {
  const lines = readText(`${folder.path}/sandbox/ledger.jsonl`).trimEnd().split("\n");
  const at = lines.map((line): { kind: string; at: string } => JSON.parse(line))
    .filter(({ kind }) => kind === "request").map((entry) => Date.parse(entry.at));
  return at.slice(1).map((each, n) => each - (at[n] ?? 0));
}

describe("run --rate", () => {
  it("buys no faster than it is told, and half as fast when the carrier has enough", async () => {
    using folder = await jobOf(16, { ship: { "SO-6": ["429"] } });
    const { code, stdout } = await runCommand(folder.path, ["run", "j", "--rate", "20", "--json"]);
    expect(code).toBe(0);
    expect(stdout).toContain('"bought_rows":16');
    const gaps = gapsIn(folder);
    expect(gaps.length).toBe(16);
    // A token's time is measured at the runner, the request's at the carrier: a little jitter between.
    const jitterMs = 25;
    expect(Math.min(...gaps.slice(0, 5))).toBeGreaterThan(50 - jitterMs);
    // The carrier wanted five seconds (its server's guess, as it does not say).
    expect(gaps[5]).toBeGreaterThan(4_900);
    // Then half the rate, coming back by a tenth with each success.
    const after = gaps.slice(6, 11).reduce((sum, gap) => sum + gap, 0);
    const expected = [12, 14, 16, 18, 20].reduce((sum, rate) => sum + 1_000 / rate, 0);
    expect(after).toBeGreaterThan(expected - jitterMs);
    const keys = ledgerIn(`${folder.path}/sandbox`).filter(({ kind }) => kind === "request")
      .map(({ key }) => key);
    expect(new Set(keys).size).toBe(17);
  }, 40_000);

  it("is left at once by whoever wants it to stop: the row under way is as it was", async () => {
    using folder = await jobOf(3);
    let isStopped = false;
    const { ended } = startCommand(
      folder.path,
      ["run", "j", "--rate", "0.02", "--json"],
      {},
      (line, child) => {
        if (isStopped || !line.includes('"row_number":2')) return;
        isStopped = true;
        child.kill("SIGINT");
      },
    );
    expect((await ended).code).toBe(130);
    const { stdout } = await runCommand(folder.path, ["status", "j", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ status: "paused", reason: "signal" },
      rows: { completed: 1, pending: 2, in_flight: 0 },
    });
    expect(gapsIn(folder)).toEqual([]);
    // Without a rate it is bought as fast as ever.
    expect((await runCommand(folder.path, ["run", "j"])).code).toBe(0);
    for (const rate of ["0", "fast", "0.0000001"]) {
      const { code, stderr } = await runCommand(folder.path, ["run", "j", "--rate", rate]);
      expect([code, stderr.includes(`Cannot buy "${rate}" labels a second`)]).toEqual([2, true]);
    }
  }, 40_000);
});
