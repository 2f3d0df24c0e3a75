/** `labels`: the files of bought rows, one PDF of all, and what is missing fetched again. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHash } from "node:crypto";
import { openLabelPdf } from "../src/actors/label_pdf.ts";
import { openDatabase } from "../src/db/open.ts";
import { listRows } from "../src/db/row_queries.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { ledgerIn } from "./helpers/ledger.ts";
import { type SandboxJob, sandboxJob } from "./helpers/sandbox_job.ts";

interface Listed {
  row_number: number;
  position: number;
  tracking_number: string;
  file: { path: string; format: string; sha256: string };
}

describe("deno task labels", () => {
  let job: SandboxJob;
  const list = async (...args: string[]) => {
    const { code, stdout } = await job.ask(["labels", "j", "--json", ...args]);
    const document: {
      labels: number;
      fetched: number;
      missing_count: number;
      files: Listed[];
      missing: { row_number: number; why: string }[];
    } = JSON.parse(stdout);
    return { code, ...document };
  };
  const template = `{ "order_reference": "{{ row.order_id }}", "service_code": "03",
    "ship_to": { "name": "{{ row.recipient }}", "address_line1": "{{ row.address1 }}",
      "city": "{{ row.city }}", "state_province_code": "{{ row.state }}",
      "postal_code": "{{ row.zip }}", "country_code": "US" },
    "packages": [{ "weight": 1 }{% if row.company %}, { "weight": 2 }{% endif %}] }`;

  beforeAll(async () => {
    job = await sandboxJob([{}, { company: "two packages" }, {}], { template });
    expect((await job.ask(["run", "j"])).code).toBe(0);
  }, 30_000);
  afterAll(() => job[Symbol.dispose]());

  it("lists one file for each package, with the hash of what is in it", async () => {
    const { code, files } = await list();
    expect(code).toBe(0);
    expect(files.map(({ row_number, position }) => [row_number, position]))
      .toEqual([[1, 1], [2, 1], [2, 2], [3, 1]]);
    expect(new Set(files.map(({ file }) => file.path)).size).toBe(4);
    for (const { file } of files) {
      const bytes = await Deno.readFile(file.path);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(file.sha256);
    }
    expect((await list("--rows", "2")).files.length).toBe(2);
    const none = await job.ask(["labels", "j", "--rows", "9"]);
    expect([none.code, none.stderr.includes("none of these rows")]).toEqual([2, true]);
  }, 30_000);

  it("fetches what is gone or damaged from the carrier, and buys nothing", async () => {
    const [first, second] = (await list()).files;
    await Deno.remove(first?.file.path ?? "");
    writeText(second?.file.path ?? "", "torn");
    const { code, labels, fetched } = await list();
    expect({ code, labels, fetched }).toEqual({ code: 0, labels: 4, fetched: 2 });
    // Recorded: the next one finds them.
    expect((await list()).fetched).toBe(0);
    const bought = ledgerIn(`${job.path}/sandbox`).filter(({ kind }) => kind === "ship");
    expect(bought.length).toBe(3);
    const audit = JSON.parse((await job.ask(["audit", "j", "--json"])).stdout);
    expect(audit.broken_at).toBe(null);
  }, 30_000);

  it("makes one PDF in row order, 4 by 6 inches a page, and leaves no half one", async () => {
    const { code, stdout } = await job.ask(["labels", "j", "--pdf", "out.pdf"]);
    expect([code, stdout.trim()]).toEqual([0, `${job.path}/out.pdf`]);
    const pdf = await Deno.readTextFile(`${job.path}/out.pdf`).catch(() =>
      Deno.readFile(`${job.path}/out.pdf`).then((bytes) => new TextDecoder("latin1").decode(bytes))
    );
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBe(4);
    expect(pdf).toContain("/MediaBox [0 0 288 432]");
    const nowhere = await job.ask(["labels", "j", "--pdf", "no/such/folder/out.pdf"]);
    expect([nowhere.code, nowhere.stderr.includes("E-4002")]).toEqual([2, true]);
    expect(namesIn(job.path).filter((name) => name.endsWith(".part"))).toEqual([]);
  }, 30_000);

  it("prints the others where one cannot be read, and says which is missing", async () => {
    const [file] = (await list("--rows", "2")).files.map(({ file }) => file);
    if (!file) throw new Error("row 2 has no label");
    writeText(`${job.path}/torn.gif`, "GIF89a");
    const db = await openDatabase(`sqlite:${job.path}/waybill.db`);
    const [row] = await listRows(db, "j", { afterRow: 0, limit: 1 });
    const torn = [{ ...file, tracking_number: row?.tracking_number, path: `${job.path}/torn.gif` }];
    const labels = JSON.stringify(
      torn.map(({ sha256: _, ...each }) => ({ ...each, format: "GIF" })),
    );
    await db.updateTable("job_rows").set({ labels }).where("row_number", "=", 1).execute();
    await db.destroy();
    const { code, stderr } = await job.ask(["labels", "j", "--pdf", "gaps.pdf"]);
    expect([code, stderr.includes("E-4021 row 1"), stderr.includes("3 labels")])
      .toEqual([1, true, true]);
  }, 30_000);

  it("says which are missing where the carrier does not have them either", async () => {
    const { file } = (await list("--rows", "3")).files[0] ?? {};
    expect(file).toBeDefined();
    // The carrier's books are lost, and so are the files.
    for (const name of namesIn(`${job.path}/labels`)) {
      if (name.includes(file?.path.split("-").at(-1)?.split(".")[0] ?? "?")) {
        await Deno.remove(`${job.path}/labels/${name}`);
      }
    }
    writeText(`${job.path}/sandbox/ledger.jsonl`, "");
    const { code, missing_count, missing } = await list("--rows", "3");
    expect([code, missing_count, missing[0]?.row_number]).toEqual([1, 1, 3]);
    for (const name of namesIn(`${job.path}/labels`)) {
      if (name.endsWith(".gif")) await Deno.remove(`${job.path}/labels/${name}`);
    }
    const { stderr } = await job.ask(["labels", "j", "--rows", "2,3", "--pdf", "gone.pdf"]);
    expect(stderr).toContain("E-4021 row 3");
    // A file that is there is not called gone: it is one for a label printer.
    expect(stderr).toMatch(/E-4021 row 2: .* it is there as ZPL, which cannot be put into a PDF/);
  }, 30_000);
});

describe("openLabelPdf()", () => {
  it("keeps the file before until the new one is whole", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/out.pdf`;
    writeText(path, "before");
    const pdf = await openLabelPdf(path, "t");
    // What is no picture, is torn in the middle, or would take all memory.
    const dot = Uint8Array.fromBase64("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAkQBADs=");
    const sized = (width: number) => {
      const bytes = dot.slice();
      const view = new DataView(bytes.buffer);
      for (const at of [6, 8, 24, 26]) view.setUint16(at, width, true);
      return bytes;
    };
    await pdf.add("GIF", dot);
    for (const bytes of [new Uint8Array([1, 2, 3]), sized(100), sized(65_535)]) {
      await expect(pdf.add("GIF", bytes)).rejects.toMatchObject({ code: "E-4021" });
    }
    await expect(openLabelPdf(folder.path, "t")).rejects.toMatchObject({ code: "E-4002" });
    await pdf.discard();
    expect(readText(path)).toBe("before");
    expect(namesIn(folder.path)).toEqual(["out.pdf"]);
  });
});
