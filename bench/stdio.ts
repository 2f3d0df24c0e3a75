/**
 * The second half of `deno task bench`: rows per second of `deno task run` with the bundled servers
 * over stdio and the UPS sandbox, all of them processes with durable journals and labels. The audit
 * trail tells the times.
 *
 * @module
 */
import { print } from "../src/cli/output.ts";
import { runCommand } from "../tests/helpers/cli.ts";
import { temporaryFolder, writeText } from "../tests/helpers/folders.ts";
import { shipper, template } from "../tests/helpers/tools.ts";

interface AuditEvent {
  at: string;
  to_status: string | null;
  row_number: number | null;
}

const rows = 3_000;

/** Measures the program over stdio and prints what it found. */
export async function benchStdio(): Promise<void> {
  using folder = temporaryFolder();
  const { path } = folder;
  const orders = Array.from({ length: rows }, (_, n) => `A-${n + 1},Jane Doe ${n},30005,2.5`);
  writeText(`${path}/orders.csv`, `order_id,name,zip,weight\n${orders.join("\n")}\n`);
  writeText(`${path}/template.njk`, template);
  writeText(`${path}/shipper.json`, JSON.stringify(shipper));
  const files = ["--template", "template.njk", "--shipper", "shipper.json"];
  await runCommand(path, ["import", "orders.csv", ...files, "--job", "bench"]);
  const start = Date.now();
  const { code } = await runCommand(path, ["run", "bench"]);
  const total = (Date.now() - start) / 1_000;
  if (code !== 0) throw new Error(`the run ended with exit ${code}`);
  const { stdout } = await runCommand(path, ["audit", "bench", "--json"]);
  const events: AuditEvent[] = JSON.parse(stdout).events;
  const at = (status: string, isRow: boolean) => {
    const found = events.find((e) => e.to_status === status && (e.row_number !== null) === isRow);
    return Date.parse(found?.at ?? "");
  };
  const shipping = (at("completed", false) - at("running", false)) / 1_000;
  const first = (at("shipped", true) - start) / 1_000;
  print(
    `${rows} rows over stdio: ${(rows / shipping).toFixed(0)} rows/s while shipping, ` +
      `${(rows / total).toFixed(0)} rows/s from command to exit; ` +
      `first row shipped ${first.toFixed(2)} s after the command`,
  );
}
