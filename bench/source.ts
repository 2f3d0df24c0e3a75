/**
 * `deno task bench`: a CSV file of a million rows as a source, and beside it the way of the predecessor,
 * which read and wrote the whole file for every row.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { z } from "zod";
import { print } from "../src/cli/output.ts";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { projectFolder } from "../tests/helpers/cli.ts";
import { temporaryFolder } from "../tests/helpers/folders.ts";

const rows = 1_000_000;

/** The predecessor's way takes too long for all rows of a file: so many tell its rate. */
const sampledRows = 100;

const figuresSchema = z.record(z.string(), z.number());

/** Measures CSV sources and prints what it found. */
export async function benchCsvSource(): Promise<void> {
  using folder = temporaryFolder();
  const path = `${folder.path}/orders.csv`;
  const megabytes = writeOrders(path, rows) / 1e6;
  const run = (step: string) => runStep(step, path, `${folder.path}/cache`);
  const first = await run("open");
  print(
    `a CSV file of ${rows} rows, ${megabytes.toFixed(0)} MB: indexed with ` +
      `${(rows / first("openMs") * 1_000).toFixed(0)} rows/s, at most ` +
      `${first("peakMiB").toFixed(0)} MiB of memory`,
  );
  const second = await run("open");
  print(
    `opened again in ${second("openMs").toFixed(0)} ms; get_row anywhere: median ` +
      `${second("medianMs").toFixed(3)} ms, 99 % below ${second("p99Ms").toFixed(3)} ms`,
  );
  const journal = await run("journal");
  print(`write_back: ${journal("rate").toFixed(0)} rows/s, one after the other, each durable`);
  await run("owe");
  const flush = await run("flush");
  print(
    `flush of ${rows} write-backs: ${(flush("flushMs") / 1_000).toFixed(0)} s, at most ` +
      `${flush("peakMiB").toFixed(0)} MiB of memory`,
  );
  for (const count of [1_000, 10_000]) await compare(count);
}

/** Both ways on a file of so many rows. */
async function compare(count: number): Promise<void> {
  using folder = temporaryFolder();
  const path = `${folder.path}/orders.csv`;
  writeOrders(path, count);
  const start = performance.now();
  for (let row = 1; row <= sampledRows; row++) rewriteFor(path, row);
  const oldMs = (performance.now() - start) / sampledRows;
  writeOrders(path, count);
  const from = performance.now();
  {
    await using source = openCsvSource(path, { isForShipping: true });
    for (let row = 1; row <= count; row++) {
      await source.writeBack({
        row_number: row,
        tracking_number: `1ZA1B2C303${row}`,
        shipped_at: "2026-11-23T08:00:00Z",
        idempotency_key: `BENCH${row}`,
      });
    }
    await source.flush();
  }
  const ms = (performance.now() - from) / count;
  print(
    `${count} rows written back: ${ms.toFixed(2)} ms a row, durable and in the file; ` +
      `the predecessor's way, without a sync: ${oldMs.toFixed(2)} ms (${
        (oldMs / ms).toFixed(0)
      } times)`,
  );
}

/** What the predecessor did for one row. */
function rewriteFor(path: string, row: number): void {
  const records: Record<string, string>[] = parse(Deno.readTextFileSync(path), { columns: true });
  const record = records[row - 1] ?? {};
  record["tracking_number"] = `1ZA1B2C303${row}`;
  record["shipped_at"] = "2026-11-23T08:00:00Z";
  const columns = [...new Set([...Object.keys(records[0] ?? {}), "tracking_number", "shipped_at"])];
  Deno.writeTextFileSync(`${path}.tmp`, stringify(records, { header: true, columns }));
  Deno.renameSync(`${path}.tmp`, path);
}

/** Writes orders as a shop exports them, some 200 bytes each; gives the size of the file. */
export function writeOrders(path: string, count: number): number {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  const columns = "order_id,company,recipient,phone,address1,address2,city,state,zip,country," +
    "weight_lbs,length_in,width_in,height_in,service,reference,note,customer_mail";
  let text = `${columns}\n`;
  let size = 0;
  const flush = () => {
    const bytes = encoder.encode(text);
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    size += bytes.length;
    text = "";
  };
  for (let row = 1; row <= count; row++) {
    text += `SO-${100_000 + row},"Acme, Inc. ${row % 977}",Ann Example ${row},` +
      `555-01${String(row % 100).padStart(2, "0")},${row % 9_999} Main Street,Suite ${row % 500},` +
      `Springfield,IL,${String(row % 99_999).padStart(5, "0")},US,${(row % 700) / 10},${
        row % 40
      },` +
      `${row % 30},${row % 20},03,PO-${row * 7},` +
      `"Leave at the back door, please; ring twice ${row % 13}",ann${row}@example.com\n`;
    if (text.length > 1 << 20) flush();
  }
  flush();
  return size;
}

async function runStep(step: string, path: string, cacheFolder: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "-P=bench", `${projectFolder}bench/csv_process.ts`],
      ...[step, path, cacheFolder],
    ],
    cwd: projectFolder,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  const figures = figuresSchema.parse(JSON.parse(new TextDecoder().decode(stdout)));
  return (name: string) => figures[name] ?? NaN;
}
