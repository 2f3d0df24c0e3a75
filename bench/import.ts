/**
 * The part of `deno task bench` about imports: a CSV file of a million rows, by the program as a person
 * starts it, with the memory of the importer and of its source server.
 *
 * @module
 */
import { print } from "../src/cli/output.ts";
import { startCommand } from "../tests/helpers/cli.ts";
import { temporaryFolder, writeText } from "../tests/helpers/folders.ts";
import { shipper } from "../tests/helpers/tools.ts";
import { writeOrders } from "./source.ts";

const rows = 1_000_000;

/** How often memory is looked at, in milliseconds; what is told is the most until then. */
const lookMs = 200;

const template = `{
  "ship_to": {
    "name": "{{ row.recipient }}", "address_line1": "{{ row.address1 }}", "city": "{{ row.city }}",
    "state_province_code": "{{ row.state }}", "postal_code": "{{ row.zip }}", "country_code": "US"
  },
  "packages": [{ "weight": {{ row.weight_lbs }} }],
  "service_code": "03"
}`;

/** Measures imports and prints what it found. */
export async function benchImport(): Promise<void> {
  using folder = temporaryFolder();
  const { path } = folder;
  writeOrders(`${path}/orders.csv`, rows);
  writeText(`${path}/template.njk`, template);
  writeText(`${path}/shipper.json`, JSON.stringify(shipper));
  const files = ["--template", "template.njk", "--shipper", "shipper.json"];
  const start = performance.now();
  const running = startCommand(path, ["import", "orders.csv", ...files, "--job", "bench"]);
  const peaks = watchMemory(running.child.pid);
  const { code, stderr } = await running.ended;
  const seconds = (performance.now() - start) / 1_000;
  const { own, server } = await peaks.end();
  if (code !== 0) throw new Error(`the import ended with exit ${code}: ${stderr}`);
  print(
    `import of ${rows} rows: ${(rows / seconds).toFixed(0)} rows/s from command to exit; at most ` +
      `${own.toFixed(0)} MiB of memory, and its source server ${server.toFixed(0)} MiB`,
  );
}

/** Looks at the most memory that a process and its children have had, until it is ended. */
function watchMemory(pid: number) {
  const peaks = { own: 0, server: 0 };
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      peaks.own = Math.max(peaks.own, peakOf(String(pid)));
      for (const child of output("pgrep", "-P", String(pid)).split("\n").filter(Boolean)) {
        peaks.server = Math.max(peaks.server, peakOf(child));
      }
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  })();
  return {
    async end() {
      isOver = true;
      await watching;
      return peaks;
    },
  };
}

/** In MiB; 0 if the process has ended. */
function peakOf(pid: string): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(output("cat", `/proc/${pid}/status`))?.[1];
  return Number(found ?? 0) / 1_024;
}

function output(command: string, ...args: string[]): string {
  const { stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout);
}
