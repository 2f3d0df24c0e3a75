/**
 * Whether a run may buy: a confirmed preview that is bound to what it showed, `--yes`, and limits to
 * the costs. Real processes, the bundled servers.
 */
import { describe, expect, it } from "vitest";
import { openDatabase } from "../src/db/open.ts";
import { projectFolder } from "./helpers/cli.ts";
import { readText, writeText } from "./helpers/folders.ts";
import { sandboxJob } from "./helpers/sandbox_job.ts";
import { onTerminal } from "./helpers/terminal.ts";

const production = {
  UPS_ENV: "production",
  UPS_CLIENT_ID: "id",
  UPS_CLIENT_SECRET: "s3cret",
  UPS_ACCOUNT_NUMBER: "A1B2C3",
};

describe("run --confirm", () => {
  it("shows the costs and asks; what is no yes buys nothing", async () => {
    // The template names who pays: whoever is asked must know.
    const template = readText(`${projectFolder}examples/ups-ground.json.njk`)
      .replace(/^\{$/m, '{ "account_number": "Z9Y8X7",');
    using job = await sandboxJob([{}, {}], { template });
    const no = await onTerminal(job.path, ["run", "j", "--confirm"], "\n");
    expect(no.text).toMatch(/Buy labels for 2 rows for about \d+\.\d\d USD, in the UPS sandbox/);
    expect(no.text).toContain("rows name other accounts to pay: Z9Y8X7");
    expect([no.code, job.sends()]).toEqual([2, 0]);
    const yes = await onTerminal(job.path, ["run", "j", "--confirm"], "y\n");
    expect([yes.code, job.sends()]).toEqual([0, 2]);
  }, 60_000);

  it("counts rows that were begun before, and confirms them too", async () => {
    using job = await sandboxJob([{}]);
    const db = await openDatabase(`sqlite:${job.path}/waybill.db`);
    await db.updateTable("job_rows").set({ status: "in_flight" }).execute();
    await db.destroy();
    const no = await onTerminal(job.path, ["run", "j", "--confirm"], "\n");
    expect(no.text).toContain("Buy labels for 0 rows, and for 1 row begun before, in the UPS");
    expect((await job.ask(["preview", "j", "--confirm", "--yes"])).code).toBe(0);
    expect([(await job.ask(["run", "j", "--confirm"])).code, job.sends()]).toEqual([0, 1]);
  }, 60_000);

  it("asks nobody in a pipe: a yes before, or none", async () => {
    using job = await sandboxJob([{}, { zip: "x" }], { flags: ["--confirm"] });
    const refused = await job.ask(["run", "j", "--skip-preflight"]);
    expect([refused.code, job.sends()]).toEqual([2, 0]);
    expect(refused.stderr).toContain("E-2004");
    // Row 2 cannot be confirmed as it is.
    expect((await job.ask(["preview", "j", "--confirm", "--yes"])).code).toBe(2);
  }, 60_000);

  it("is bound to rows, template and shipper, and outlives a halt", async () => {
    // The carrier refuses what the contract and its server let through: no such ZIP.
    using job = await sandboxJob([{}, { address2: "Apt 1" }, {}], { flags: ["--confirm"] });
    const confirm = () => job.ask(["preview", "j", "--confirm", "--yes"]);
    const run = (...args: string[]) => job.ask(["run", "j", ...args]);
    expect((await confirm()).code).toBe(0);
    await Deno.mkdir(`${job.path}/sandbox`, { recursive: true });
    // Halted on the way: whoever carries on is not asked again, and needs no flag.
    const halted = await job.ask(["run", "j", "--max-cost", "20"]);
    expect([halted.code, job.sends()]).toEqual([2, 0]);
    writeText(
      `${job.path}/template.njk`,
      readText(`${job.path}/template.njk`).replace('"LBS"', '"LBS", "packaging_type": "02"'),
    );
    const other = await run("--template", "template.njk");
    expect([other.code, job.sends()]).toEqual([2, 0]);
    expect(other.stderr).toContain("changed since it was confirmed");
    const shipper = JSON.parse(readText(`${job.path}/shipper.json`));
    writeText(`${job.path}/shipper.json`, JSON.stringify({ ...shipper, name: "Other" }));
    expect((await run("--shipper", "shipper.json")).code).toBe(2);
    // As it was confirmed, it ships.
    expect((await run()).code).toBe(0);
    expect(job.sends()).toBe(3);
    const { events } = JSON.parse((await job.ask(["audit", "j", "--json"])).stdout);
    const types = events.map(({ type }: { type: string }) => type);
    expect(types.filter((type: string) => type === "purchase_confirmed").length).toBe(1);
  }, 90_000);

  it("asks again when a row was mended", async () => {
    using job = await sandboxJob([{}, {}], { flags: ["--confirm"] });
    await Deno.mkdir(`${job.path}/sandbox`);
    expect((await job.ask(["preview", "j", "--confirm", "--yes"])).code).toBe(0);
    job.write([{}, { weight_lbs: "70" }]);
    // The row is not what was imported; taken up, it is not what was confirmed.
    expect((await job.ask(["run", "j"])).stderr).toContain("E-1004");
    expect((await job.ask(["run", "j", "--skip-preflight"])).code).toBe(1);
    expect((await job.ask(["retry", "j"])).code).toBe(0);
    const again = await job.ask(["run", "j"]);
    expect([again.code, job.sends()]).toEqual([2, 1]);
    expect(again.stderr).toContain("changed since it was confirmed");
    expect((await job.ask(["run", "j", "--yes"])).code).toBe(0);
  }, 90_000);
});

describe("UPS_ENV=production", () => {
  it("is not bought from without a yes, and no secret is told", async () => {
    using job = await sandboxJob([{}]);
    const { code, stderr, stdout } = await job.ask(["run", "j"], production);
    expect(code).toBe(2);
    expect(stderr).toContain("E-2004");
    expect(stderr + stdout).not.toContain("s3cret");
    const { UPS_CLIENT_SECRET: _, ...without } = production;
    const missing = await job.ask(["run", "j", "--yes"], without);
    expect([missing.code, missing.stderr.includes("UPS_CLIENT_SECRET is not set")]).toEqual([
      2,
      true,
    ]);
  }, 60_000);

  it("does not carry on with a job that was begun in the sandbox", async () => {
    using job = await sandboxJob([{}, { zip: "80202-12345" }]);
    expect((await job.ask(["run", "j", "--skip-preflight"])).code).toBe(1);
    expect((await job.ask(["retry", "j"])).code).toBe(0);
    const mixed = await job.ask(["run", "j", "--yes", "--skip-preflight"], production);
    expect([mixed.code, mixed.stderr.includes("it has bought with UPS_ENV=sandbox")])
      .toEqual([2, true]);
  }, 60_000);
});

describe("run --max-cost", () => {
  it("refuses before the first label what the rates say is beyond", async () => {
    using job = await sandboxJob([{}, { weight_lbs: "40" }]);
    const whole = await job.ask(["run", "j", "--max-cost", "15"]);
    expect([whole.code, whole.stderr.includes("E-2005")]).toEqual([2, true]);
    const dear = await job.ask(["run", "j", "--max-cost-per-row", "15.00 USD"]);
    expect([dear.code, dear.stderr.includes("E-2005 row 2")]).toEqual([2, true]);
    const euros = await job.ask(["run", "j", "--max-cost", "500 EUR"]);
    expect([euros.code, euros.stderr.includes("E-2006")]).toEqual([2, true]);
    const words = await job.ask(["run", "j", "--max-cost", "much"]);
    expect([words.code, words.stderr.includes("no amount")]).toEqual([2, true]);
    expect(job.sends()).toBe(0);
    expect((await job.ask(["run", "j", "--max-cost", "500", "--max-cost-per-row", "100"])).code)
      .toBe(0);
  }, 90_000);
});
