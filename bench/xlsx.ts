/**
 * The part of `deno task bench` about Excel: a workbook of 50,000 rows and 20 columns as a source, in
 * a process of its own, so that its memory can be told.
 *
 * @module
 */
import { print } from "../src/cli/output.ts";
import type { RowCells } from "../src/servers/source/files/table_file.ts";
import { openXlsxTable } from "../src/servers/source/xlsx/xlsx_table.ts";
import { temporaryFolder } from "../tests/helpers/folders.ts";
import { sheetXml, workbookParts, writeZip } from "../tests/helpers/xlsx.ts";

const rows = 50_000;
const columns = 20;
const looks = 1_000;

interface Figures {
  readonly bytes: number;
  readonly baseMb: number;
  readonly openMs: number;
  readonly openMb: number;
  readonly rowMs: number;
  readonly mergeMs: number;
  readonly mergeMb: number;
}

/** Measures an Excel source and prints what it found. */
export async function benchXlsxSource(): Promise<void> {
  using folder = temporaryFolder();
  const path = await writeZip(`${folder.path}/orders.xlsx`, parts());
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=bench", import.meta.filename ?? "", path],
  }).output();
  if (code !== 0) throw new Error(`the bench of Excel ended with ${code}: ${decode(stderr)}`);
  const found: Figures = JSON.parse(decode(stdout));
  const { bytes, baseMb, openMs, openMb, rowMs, mergeMs, mergeMb } = found;
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  print(
    `Excel, ${rows} rows x ${columns} columns (${(bytes / 1e6).toFixed(1)} MB): opened in ` +
      `${seconds(openMs)} (${(rows / openMs * 1_000).toFixed(0)} rows/s), ` +
      `${(openMb - baseMb).toFixed(0)} MB over the ${baseMb.toFixed(0)} MB of an idle process; ` +
      `get_row ${rowMs.toFixed(3)} ms; ${rows} numbers written in ${seconds(mergeMs)}, ` +
      `${(mergeMb - baseMb).toFixed(0)} MB over`,
  );
}

/** A workbook with what orders hold: texts, shared and not, codes, dates, numbers. */
function parts() {
  const letters = Array.from({ length: columns }, (_, at) => String.fromCharCode(65 + at));
  const header = letters.map((letter) => `<c r="${letter}1" t="str"><v>column ${letter}</v></c>`);
  const shared = Array.from({ length: rows * 4 }, (_, at) => `<si><t>Customer ${at} Ltd</t></si>`);
  const cells = (row: number) =>
    letters.map((letter, at) => {
      const r = `r="${letter}${row + 2}"`;
      switch (at % 5) {
        case 0:
          return `<c ${r} t="s"><v>${row * 4 + at / 5}</v></c>`;
        case 1:
          return `<c ${r} t="inlineStr"><is><t>${row} Peachtree Street, floor ${at}</t></is></c>`;
        case 2:
          return `<c ${r} s="1"><v>${(row * 7) % 99_999}</v></c>`;
        case 3:
          return `<c ${r} s="2"><v>${40_000 + row % 10_000}</v></c>`;
        default:
          return `<c ${r}><v>${row / 4}</v></c>`;
      }
    }).join("");
  const body = Array.from({ length: rows }, (_, row) => `<row r="${row + 2}">${cells(row)}</row>`);
  const xml = sheetXml(`<row r="1">${header.join("")}</row>${body.join("")}`);
  return workbookParts({
    sheets: [{ name: "Orders", xml }],
    shared: shared.join(""),
    styles: {
      formats: '<numFmt numFmtId="164" formatCode="00000"/>',
      cells: '<xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/>',
    },
  });
}

async function measure(path: string): Promise<Figures> {
  const bytes = (await Deno.stat(path)).size;
  await using table = openXlsxTable(path);
  const baseMb = peakMb();
  const opened = performance.now();
  const index = await table.current();
  const openMs = performance.now() - opened;
  const openMb = peakMb();
  const times: number[] = [];
  for (let at = 0; at < looks; at++) {
    const row = 1 + (at * 7_919) % rows;
    const start = performance.now();
    await table.read(row, row);
    times.push(performance.now() - start);
  }
  const shipped_at = "2026-11-26T10:00:00Z";
  const numbers = new Map<number, RowCells>();
  for (let row = 1; row <= rows; row++) {
    numbers.set(row, { tracking_number: `1Z999AA10${row}`, shipped_at });
  }
  const merging = performance.now();
  if (!(await table.merge(numbers, index))) throw new Error("the file changed meanwhile");
  const mergeMs = performance.now() - merging;
  times.sort((left, right) => left - right);
  const rowMs = times[looks >> 1] ?? 0;
  return { bytes, baseMb, openMs, openMb, rowMs, mergeMs, mergeMb: peakMb() };
}

/** The most memory that this process has had, in MB. */
function peakMb(): number {
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`] }).outputSync();
  return Number(/VmHWM:\s+(\d+)/.exec(decode(stdout))?.[1] ?? 0) / 1_024;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

if (import.meta.main) {
  const [path] = Deno.args;
  if (path === undefined) await benchXlsxSource();
  else print(JSON.stringify(await measure(path)));
}
