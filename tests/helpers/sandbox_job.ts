/**
 * A job of a few orders for the bundled servers, in a folder of its own.
 *
 * @module
 */
import { expect } from "vitest";
import { runCommand } from "./cli.ts";
import { readText, temporaryFolder, writeText } from "./folders.ts";
import { ledgerIn } from "./ledger.ts";
import { projectFolder } from "./cli.ts";

/** An order as a line of the file. */
export type Order = Readonly<Partial<Record<(typeof columns)[number], string>>>;

const columns = [
  ...["order_id", "recipient", "company", "phone", "address1", "address2", "city", "state", "zip"],
  ...["weight_lbs", "length", "width", "height", "residential", "description"],
] as const;

const usual: Order = {
  recipient: "Jane Doe",
  address1: "1420 Larimer St",
  city: "Denver",
  state: "CO",
  zip: "80202",
  weight_lbs: "2",
  residential: "yes",
};

/** A job named `j`, and what can be asked of it. */
export interface SandboxJob extends Disposable {
  readonly path: string;
  /** Says a command, `deno task` left out. */
  ask(args: readonly string[], env?: Record<string, string>): ReturnType<typeof runCommand>;
  /** Writes the source file. */
  write(orders: readonly Order[]): void;
  /** How many ship requests reached the carrier. */
  sends(): number;
}

/** Makes the job. `template` is the name of a sample, or a text of its own. */
export async function sandboxJob(
  orders: readonly Order[],
  { template = "ups-ground.json.njk", flags = [] }: {
    template?: string;
    flags?: readonly string[];
  } = {},
): Promise<SandboxJob> {
  const folder = temporaryFolder();
  const { path } = folder;
  const job: SandboxJob = {
    path,
    ask: (args, env) => runCommand(path, args, env),
    write(lines) {
      const text = lines.map((order, at) => {
        const full: Order = { ...usual, order_id: `SO-${at + 1}`, ...order };
        return columns.map((name) => `"${(full[name] ?? "").replaceAll('"', '""')}"`).join(",");
      });
      writeText(`${path}/orders.csv`, [columns.join(","), ...text, ""].join("\n"));
    },
    sends() {
      try {
        return ledgerIn(`${path}/sandbox`).filter(({ kind }) => kind === "request").length;
      } catch {
        return 0;
      }
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  job.write(orders);
  const isSample = template.endsWith(".njk");
  const text = isSample ? readText(`${projectFolder}examples/${template}`) : template;
  writeText(`${path}/template.njk`, text);
  writeText(`${path}/shipper.json`, readText(`${projectFolder}examples/shipper.json`));
  const files = ["--template", "template.njk", "--shipper", "shipper.json"];
  const { code, stderr } = await job.ask([
    "import",
    "orders.csv",
    ...files,
    "--job",
    "j",
    ...flags,
  ]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return job;
}
