/**
 * One step of the bench of CSV sources in a process of its own, so that the memory is its own too.
 *
 * @module
 */
import { print } from "../src/cli/output.ts";
import { openCsvSource, openCsvTable } from "../src/servers/source/csv/csv_table.ts";
import { writeAll } from "../src/servers/durable_file.ts";
import { encodeEntry } from "../src/servers/source/files/journal_entries.ts";

/** What a step tells: numbers by name. */
export type StepFigures = Record<string, number>;

const shippedAt = "2026-11-23T08:00:00Z";
const looks = 5_000;

/** The steps by name. */
const steps: Record<string, (path: string, cacheFolder: string) => Promise<StepFigures>> = {
  open: openAndLook,
  journal: writeBackSome,
  owe: oweAll,
  flush: flushAll,
};

if (import.meta.main) {
  const [step = "", path = "", cacheFolder = ""] = Deno.args;
  const figures = await steps[step]?.(path, cacheFolder) ?? {};
  print(JSON.stringify({ ...figures, peakMiB: peakMiB() }));
}

/** Opens the source, and looks at rows at random. */
async function openAndLook(path: string, cacheFolder: string): Promise<StepFigures> {
  const start = performance.now();
  await using source = openCsvSource(path, { cacheFolder });
  const { row_count } = await source.describe();
  const openMs = performance.now() - start;
  const times: number[] = [];
  // Places spread over the file, the same in each run.
  for (let look = 0; look < looks; look++) {
    const row = 1 + (look * 7_368_787) % row_count;
    const before = performance.now();
    await source.getRow(row);
    times.push(performance.now() - before);
  }
  times.sort((left, right) => left - right);
  const at = (part: number) => times[Math.floor(part * times.length)] ?? 0;
  return { rows: row_count, openMs, medianMs: at(0.5), p99Ms: at(0.99) };
}

/** Write-backs one after the other, each durable before the next. */
async function writeBackSome(path: string, cacheFolder: string): Promise<StepFigures> {
  await using source = openCsvSource(path, { cacheFolder, isForShipping: true });
  await source.describe();
  const start = performance.now();
  for (let row = 1; row <= looks; row++) {
    await source.writeBack({
      row_number: row,
      tracking_number: numberOf(row),
      shipped_at: shippedAt,
      idempotency_key: `BENCH${row}`,
    });
  }
  const rate = looks / (performance.now() - start) * 1_000;
  await source.flush();
  return { rate };
}

/** Writes the journal that all write-backs of a file would leave. */
async function oweAll(path: string, cacheFolder: string): Promise<StepFigures> {
  await using table = openCsvTable(path, { cacheFolder });
  using journal = await Deno.open(`${table.path}.waybill-journal`, { write: true, create: true });
  let row = 0;
  for await (const checksum of table.checksums()) {
    row++;
    writeAll(
      journal,
      encodeEntry({
        row_number: row,
        tracking_number: numberOf(row),
        shipped_at: shippedAt,
        idempotency_key: `BENCH${row}`,
        checksum,
      }),
    );
  }
  return { rows: row };
}

async function flushAll(path: string, cacheFolder: string): Promise<StepFigures> {
  await using source = openCsvSource(path, { cacheFolder });
  await source.describe();
  const start = performance.now();
  await source.flush();
  return { flushMs: performance.now() - start };
}

function numberOf(row: number): string {
  return `1ZA1B2C303${String(row).padStart(8, "0")}`;
}

/** The most memory that this process ever had. */
function peakMiB(): number {
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`] }).outputSync();
  return Number(/VmHWM:\s+(\d+)/.exec(new TextDecoder().decode(stdout))?.[1]) / 1024;
}
