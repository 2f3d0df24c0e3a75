/**
 * `viz` as a person runs it: a process of its own beside runners of other processes, with what it reads
 * from sources and what is decided on its page.
 */
import { describe, expect, it } from "vitest";
import { type BatchLab, openBatchLab, until } from "./helpers/batch_lab.ts";
import { startCommand } from "./helpers/cli.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { type OpenViz, openViz } from "./helpers/viz_process.ts";

const get = async (url: string) => await (await fetch(url)).json();

async function decide(viz: OpenViz, job: string, decision: unknown): Promise<string> {
  const answer = await fetch(`${viz.url}jobs/${job}/control`, {
    method: "POST",
    headers: { origin: new URL(viz.url).origin, "content-type": "application/json" },
    body: JSON.stringify(decision),
  });
  if (!answer.ok) return String(answer.status);
  const { result } = await answer.json();
  return `${result.isDone ? "done" : "refused"}: ${result.said}`;
}

const statusesOf = async (lab: BatchLab) => (await lab.rows()).map(({ status }) => status);

describe("a row's request on the page", () => {
  it(
    "is read from the source, says whether it was sent, and names nobody until asked",
    async () => {
      using folder = temporaryFolder();
      const { path } = folder;
      const url = `sqlite:${path}/waybill.db`;
      const orders = readText(new URL("../examples/orders.csv", import.meta.url).pathname);
      writeText(`${path}/orders.csv`, orders.split("\n").slice(0, 3).join("\n"));
      const example = (name: string) => new URL(`../examples/${name}`, import.meta.url).pathname;
      // The template sees the job as it did in the run, and nothing more of it.
      const ground = readText(example("ups-ground.json.njk"));
      const text = ground.replace(
        "{{ row.order_id }}",
        "{{ row.order_id }} {{ job | dump | length }}",
      );
      expect(text).not.toBe(ground);
      writeText(`${path}/own.njk`, text);
      const files = ["--template", "own.njk"];
      const shipper = ["--shipper", example("shipper.json")];
      const own = { DATABASE_URL: url };
      const run = (args: readonly string[]) => startCommand(path, args, own).ended;
      const imported = await run(["import", "orders.csv", "--job", "job", ...files, ...shipper]);
      expect(imported).toMatchObject({ code: 0 });
      await using viz = await openViz(path, url);
      const at = `${viz.url}jobs/job/rows/2/request`;
      const street = orders.split("\n")[2]?.split(",").find((cell) => /^\d+ \w/.test(cell)) ?? "?";

      const unsent = await get(at);
      expect(unsent.found).toMatchObject({ type: "read", isAsImported: true });
      expect("isAsSent" in unsent.found).toBe(false);
      expect(unsent.found.request.ship_to).toMatchObject({
        name: "(hidden)",
        address_line1: "(hidden)",
        country_code: "US",
      });
      expect(unsent.found.request.shipper.name).toBe("(hidden)");
      expect(typeof unsent.found.request.packages[0].weight).toBe("number");
      expect(JSON.stringify(unsent)).not.toContain(street);

      expect(await run(["run", "job", "--yes"])).toMatchObject({ code: 0 });
      const shown = await get(`${at}?people=shown`);
      expect(shown.found).toMatchObject({ isAsSent: true, isAsImported: true });
      expect(shown.found.request.ship_to.address_line1).toBe(street);

      const written = readText(`${path}/orders.csv`);
      writeText(`${path}/orders.csv`, written.replace(street, "1 Other Street"));
      expect((await get(at)).found).toMatchObject({ isAsSent: false, isAsImported: false });

      await Deno.remove(`${path}/orders.csv`);
      const gone = await get(at);
      expect(gone.found.type).toBe("unread");
      expect(gone.found.said).toMatch(/^E-\d{4} .*orders\.csv/);
      expect(await fetch(`${viz.url}jobs/job/rows/99/request`)).toMatchObject({ status: 404 });
    },
    60_000,
  );
});

describe("what is decided on the page", () => {
  it("is done as the commands do it, to a runner of another process too", async () => {
    using lab = await openBatchLab(4);
    {
      await using readOnly = await openViz(lab.path, lab.url);
      expect(await decide(readOnly, lab.job, { type: "cancel" })).toBe("403");
    }
    await using viz = await openViz(lab.path, lab.url, ["--allow-control"]);
    using runner = lab.group(["run", lab.job], { HOLD_AT: "1", REFUSE: "ORDER-3" });
    await until(() => namesIn(lab.path).includes("holding"));
    const refused = await decide(viz, lab.job, { type: "retry" });
    expect(refused).toMatch(/^refused: E-4004 .*deno task status job/);
    const asking = decide(viz, lab.job, { type: "pause", reason: "lunch" });
    await until(() => runner.stderr().includes("A pause was asked for"));
    writeText(`${lab.path}/go`, "");
    expect(await asking).toBe("done: It is paused");
    expect((await runner.ended).code).toBe(130);
    expect(await statusesOf(lab)).toEqual(["completed", "pending", "pending", "pending"]);

    expect((await lab.command(["run", lab.job], { REFUSE: "ORDER-3" })).code).toBe(1);
    expect(await decide(viz, lab.job, { type: "retry" })).toMatch(/^done: 1 pending again, 0 with/);
    expect((await lab.command(["run", lab.job], { REFUSE: "ORDER-3" })).code).toBe(1);
    const skip = { type: "resolve", row: 3, decision: "skip", reason: "moved away" };
    expect(await decide(viz, lab.job, skip)).toMatch(/^done: Recorded/);
    expect(await decide(viz, lab.job, { ...skip, row: 1 })).toMatch(/^refused: E-\d{4}/);
    expect(await decide(viz, lab.job, { type: "cancel", reason: "enough" }))
      .toBe("done: It is cancelled");
    expect(await decide(viz, lab.job, { type: "retry" })).toMatch(/^done: 0 pending again/);
    expect((await lab.command(["run", lab.job])).code).toBe(0);
    expect(await statusesOf(lab)).toEqual(["completed", "completed", "skipped", "completed"]);

    const { stdout } = await lab.command(["audit", lab.job, "--json"]);
    for (const reason of ["lunch", "moved away", "enough"]) expect(stdout).toContain(reason);
    const rows = lab.lines("sales.jsonl").map(({ row }) => row);
    expect(rows).toEqual([1, 2, 4]);
  }, 90_000);

  it("ends with Ctrl-C, though somebody still listens", async () => {
    using lab = await openBatchLab(1);
    await using viz = await openViz(lab.path, lab.url);
    const stream = await fetch(`${viz.url}jobs/job/events`);
    const reader = stream.body?.getReader();
    await reader?.read();
    viz.child.kill("SIGINT");
    expect(await viz.ended).toMatchObject({ code: 0 });
    const end = await reader?.read().catch(() => ({ done: true }));
    expect(end?.done).toBe(true);
  }, 30_000);
});
