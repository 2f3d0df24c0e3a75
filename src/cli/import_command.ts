/**
 * `import`: makes a job of a source, a template and a shipper, and prints its id.
 *
 * @module
 */
import { basename, extname } from "node:path";
import { nearestField } from "../actors/check_request.ts";
import { chosenRows, type RowChoice } from "../actors/chosen_rows.ts";
import { type Imported, importJob } from "../actors/import_job.ts";
import { createPrepareRows } from "../actors/prepare_rows.ts";
import { createSourceClient, type SourceClient } from "../actors/source_client.ts";
import { ownColumns, type SourceDescription } from "../contracts/source.ts";
import { sourceName } from "../contracts/source_location.ts";
import { findJob } from "../db/jobs.ts";
import { openDatabase } from "../db/open.ts";
import { isErrorCode, UsageError, WaybillError } from "../errors.ts";
import {
  type CompiledTemplate,
  openTemplateEnvironment,
  type TemplateSource,
} from "../templates/environment.ts";
import {
  choiceOf,
  hasPassword,
  nameOf,
  openImportSource,
  type SourceOptions,
} from "./import_source.ts";
import { readShipper, readTemplate } from "./input_files.ts";
import { print, printJson, say } from "./output.ts";
import type { Settings } from "./settings.ts";

/** How many rows a template is tried on. */
const triedRows = 100;

/** What a person asks for. */
export interface ImportOptions extends SourceOptions {
  /** The template file. */
  readonly template: string;
  /** The shipper file. */
  readonly shipper: string;
  /** The job's id, if it is chosen. */
  readonly job?: string | undefined;
  /** Whether a person must confirm the job's preview before it buys. */
  readonly confirm?: boolean | undefined;
  /** Whether orders may be shipped that another job of the source has bought labels for. */
  readonly again?: boolean | undefined;
  /** Whether a program reads the result. */
  readonly json?: boolean | undefined;
}

/**
 * Imports and tells the job's id.
 *
 * @param settings Where things are.
 * @param path The source file; left out where an MCP file names a source.
 * @param options What is asked for.
 * @returns The exit code.
 */
export async function importCommand(
  settings: Settings,
  path: string | undefined,
  options: ImportOptions,
): Promise<number> {
  const imported = await importFile(settings, path, options);
  const { id, rows, shipped, unknown, sourceRows, warnings } = imported;
  if (options.json) {
    printJson({ jobId: id, rows, shipped, unknown, sourceRows, warnings });
    return 0;
  }
  warnings.forEach(say);
  if (shipped > 0) say(leftOut(shipped, "a tracking number already"));
  if (unknown > 0) say(leftOut(unknown, "an empty cell where the filter looks"));
  if (hasPassword(path)) {
    say("The password is kept nowhere: set WAYBILL_SOURCE_PASSWORD to it before you run the job");
  }
  const of = rows === sourceRows ? "" : ` of ${sourceRows}`;
  const noun = sourceRows === 1 ? "row" : "rows";
  say(`Imported ${rows}${of} ${noun} as job ${id}. Ship them with: deno task run ${id}`);
  print(id);
  return 0;
}

function leftOut(count: number, having: string): string {
  return count === 1
    ? `1 row has ${having}, and is left out`
    : `${count} rows have ${having}, and are left out`;
}

/**
 * Imports. Everything is checked before anything is stored.
 *
 * @param settings Where things are.
 * @param path The source file, if it is the bundled server's.
 * @param options What is asked for.
 * @returns The job's id and what was imported.
 * @throws {WaybillError} If something does not fit; nothing is changed then.
 */
export async function importFile(
  settings: Settings,
  path: string | undefined,
  options: ImportOptions,
): Promise<Imported & { id: string }> {
  const id = options.job ?? inventId(path);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
    throw new UsageError(
      `Cannot name a job "${id}"`,
      "Use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
    );
  }
  const choice = choiceOf(options);
  const template = await readTemplate(settings, options.template);
  const shipper = await readShipper(settings, options.shipper);
  await using opened = await openImportSource(settings, path, options);
  const source = createSourceClient(opened.connection.call);
  await checkTemplate(template, shipper, source, choice);
  const db = await openDatabase(settings.databaseUrl);
  try {
    const { server: sourceServer, carrierServer } = opened;
    // Tells of a taken id before a long source is read.
    if (await findJob(db, id)) throw idTaken(id);
    const name = nameOf(path) ?? id;
    const mayRepeat = options.again;
    const mode = options.confirm ? "confirm" as const : "auto" as const;
    const plan = {
      id,
      name,
      sourceServer,
      carrierServer,
      mode,
      template,
      shipper,
      choice,
      mayRepeat,
    };
    return { id, ...await importJob(db, source, plan) };
  } finally {
    await db.destroy();
  }
}

/** What fits no row is not imported: a column that is not there, a text that is no shipment. */
async function checkTemplate(
  template: TemplateSource,
  shipper: unknown,
  source: SourceClient,
  choice: RowChoice,
): Promise<void> {
  await using templates = openTemplateEnvironment();
  const compiled = await templates.compile(template);
  const described = await source.describe();
  refuseLookAlikes(described);
  refuseMissingColumns(template, compiled, described);
  const limit = Math.min(choice.limit ?? triedRows, triedRows);
  const rows = await Array.fromAsync(chosenRows(source, described.columns, { ...choice, limit }));
  const prepare = createPrepareRows(
    () => Promise.resolve(compiled),
    () => shipper,
    { id: "import", name: template.name },
  );
  const requests = await prepare(rows);
  const refused = requests.filter((request) => request.type === "refused");
  const [first] = refused;
  if (!first || refused.length < requests.length) return;
  const { code, message, remedy } = first.problem;
  throw new WaybillError(
    isErrorCode(code) ? code : "E-4003",
    `Cannot use ${template.name}: it fits no row (${rows.length} tried). ${message}`,
    { remedy },
  );
}

/** A number in a column that we take no notice of does not keep its order from being shipped again. */
function refuseLookAlikes({ columns, uri }: SourceDescription): void {
  const own = ownColumns.trackingNumber;
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const alike = columns.find(({ name }) => name !== own && plain(name) === plain(own));
  if (!alike) return;
  throw new WaybillError(
    "E-1016",
    `Cannot import ${
      sourceName(uri)
    }: is "${alike.name}" the column of tracking numbers? Only "${own}" ` +
      "is taken for it",
    { remedy: `Rename the column to ${own}, or to something else if it is not that` },
  );
}

function refuseMissingColumns(
  template: TemplateSource,
  { columns }: CompiledTemplate,
  described: SourceDescription,
): void {
  const known = described.columns.map(({ name }) => name);
  const missing = columns.filter(({ name, optional }) => !optional && !known.includes(name));
  if (missing.length === 0) return;
  const faults = missing.map(({ name, line }) => {
    const sameLetters = known.find((each) => each.toLowerCase() === name.toLowerCase());
    const nearest = sameLetters ?? nearestField(name, known);
    const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    return `"${name}" (line ${line}${hint})`;
  });
  throw new WaybillError(
    "E-1001",
    `Cannot use ${template.name} with ${sourceName(described.uri)}: the source has no column ${
      faults.join(", ")
    }`,
    { remedy: `Its columns are: ${known.slice(0, 40).join(", ")}` },
  );
}

function idTaken(id: string): WaybillError {
  return new WaybillError("E-4012", `Cannot make job "${id}": there is one of that id`, {
    remedy: `Choose another id with --job, or run that one: deno task run ${id}`,
  });
}

/** The file's name and a few random letters: to be told apart and typed by people. */
function inventId(path: string | undefined): string {
  const name = nameOf(path) ?? "job";
  const stem = basename(name, extname(name));
  const slug = stem.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 32);
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const random = [...crypto.getRandomValues(new Uint8Array(5))]
    .map((byte) => letters[byte % letters.length]).join("");
  return `${slug || "job"}-${random}`;
}
