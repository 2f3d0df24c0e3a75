/**
 * No second label, wherever the runner is killed: the bundled servers and the sandbox, and SIGKILL
 * after an event that a seed chooses, again and again, until the batch is done.
 * No person is needed: the carrier is asked.
 */
import { describe, expect, it } from "vitest";
import { projectFolder, runCommand, startCommand } from "./helpers/cli.ts";
import { readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";

const seeds = [1, 2, 3];
const kills = 6;

/** mulberry32: a small generator whose sequence a seed fixes. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe("a batch whose runner is killed again and again", () => {
  it.each(seeds)("buys every row once and writes it back (seed %s)", async (seed) => {
    const random = randomOf(seed);
    using folder = temporaryFolder();
    const { path } = folder;
    writeText(`${path}/orders.csv`, readText(`${projectFolder}examples/orders.csv`));
    const files = [
      ...["--template", `${projectFolder}examples/ups-ground.json.njk`],
      ...["--shipper", `${projectFolder}examples/shipper.json`],
    ];
    await runCommand(path, ["import", "orders.csv", ...files, "--job", "j"]);
    const ledger = () => soldIn(`${path}/sandbox`);
    const rows = async (): Promise<
      { row_number: number; status: string; tracking_number: string }[]
    > => JSON.parse((await runCommand(path, ["rows", "j", "--json"])).stdout).rows;

    let killed = 0;
    for (let runs = 0;; runs++) {
      // A limit on everything: what does not come to an end is a bug.
      expect(runs).toBeLessThan(4 * kills);
      let left = killed < kills ? 1 + Math.floor(random() * 12) : Infinity;
      const { ended } = startCommand(path, ["run", "j", "--json"], {}, (_, child) => {
        if (--left === 0) child.kill("SIGKILL");
      });
      const { code, signal } = await ended;
      if (signal === "SIGKILL") {
        killed++;
        continue;
      }
      // Nobody is asked: the carrier tells what became of every purchase.
      expect(code).toBe(0);
      break;
    }

    expect(killed).toBe(kills);
    const [shipped, sold] = [await rows(), ledger()];
    expect(shipped.length).toBe(25);
    expect(shipped.every(({ status }) => status === "completed")).toBe(true);
    const orders = sold.map(({ references }) => references[1]);
    expect(orders.toSorted()).toEqual(shipped.map(({ row_number }) => `SO-${1000 + row_number}`));
    const keys = sold.map(({ references }) => references[0]);
    expect(new Set(keys).size).toBe(25);
    const file = readText(`${path}/orders.csv`).trimEnd().split("\n").slice(1);
    for (const { row_number, tracking_number } of shipped) {
      const order = `SO-${1000 + row_number}`;
      const [bought] = sold.filter(({ references }) => references.includes(order));
      expect(tracking_number).toBe(bought?.tracking_numbers[0]);
      expect(file.find((line) => line.startsWith(`${order},`))).toContain(`,${tracking_number},`);
    }
    expect(await runCommand(path, ["audit", "j"])).toMatchObject({ code: 0 });
  }, 120_000);
});
