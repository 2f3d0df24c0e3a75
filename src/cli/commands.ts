/**
 * The commands: what can be said of each. What does it is loaded when it is asked for, so that no
 * command waits for what only another one needs.
 *
 * @module
 */
import { Argument, Command, Option } from "commander";
import type { Kysely } from "kysely";
import { type ChartFormat, chartFormats, type MachineName, machineNames } from "../charts/names.ts";
import { openDatabase } from "../db/open.ts";
import { openToQuery, openToWatch } from "../db/open_to_read.ts";
import { type ControlRequest, type Database, rowStatuses } from "../db/schema.ts";
import type { ControlOptions } from "./control_commands.ts";
import type { ResolveOptions } from "./decision_commands.ts";
import type { ImportOptions } from "./import_command.ts";
import type { LabelsOptions } from "./labels_command.ts";
import type { PreviewOptions } from "./preview_command.ts";
import type { ResultsOptions } from "./results_command.ts";
import type { RunOptions } from "./run_options.ts";
import type { VizCommandOptions } from "./viz_command.ts";
import type { VoidCommandOptions } from "./void_command.ts";
import type { Settings } from "./settings.ts";

type Done = (exitCode: number) => void;

/**
 * Describes all commands.
 *
 * @param settings Where things are.
 * @param done Is told the exit code.
 * @returns The program.
 *
 * @internal
 */
export function describeCommands(settings: Settings, done: Done): Command {
  const program = new Command("deno task")
    .description("Ships a batch of orders: one label to a row, whatever crashes.")
    .exitOverride()
    .showHelpAfterError("Say --help to see what can be said.")
    .configureHelp({ helpWidth: 96 });
  describeWork(program, settings, done);
  describeQueries(program, settings, done);
  describePreview(program, settings, done);
  describeLabels(program, settings, done);
  describeResults(program, settings, done);
  describeExplain(program, done);
  describeChart(program, done);
  describeViz(program, settings, done);
  describeControls(program, settings, done);
  describeDecisions(program, settings, done);
  return program;
}

function describeWork(program: Command, settings: Settings, done: Done): void {
  program.command("run").argument("<job>", 'the job; "demo" is made on first use')
    .description("Ship a job, or carry on with it. Safe to say again at any time.")
    .option("--template <file>", "use this template from now on")
    .option("--shipper <file>", "use this shipper from now on")
    .option("--mcp <file>", "MCP file that names other servers")
    .option(
      "--skip-preflight",
      "do not fetch, render and check every row before the first label: a bad row fails by itself, " +
        "when its turn comes, instead of keeping the whole batch from starting",
    )
    .option(
      "--keep-going",
      "carry on past rows that fail, in this run; a row that needs a decision stops it all the same. " +
        "Preflight still stops a batch with a bad row in it, unless it is skipped",
    )
    .option("--max-failures <n>", "as --keep-going, but stop after so many failed rows")
    .option(
      "--confirm",
      "show what it will cost and ask first; the default where UPS bills for real",
    )
    .option("--yes", "it is confirmed: do not ask")
    .option(
      "--max-cost <amount>",
      'buy nothing beyond this for the whole job, by the carrier\'s rates: 250, or "250 EUR"',
    )
    .option("--max-cost-per-row <amount>", "buy no row that costs more than this")
    .option("--rate <number>", "buy no more labels a second than this, for each carrier account")
    .option(
      "--inspect <url>",
      "tell an inspector what the machines do, by the protocol of @statelyai/inspect, at ws://…",
    )
    .option(
      "--notify <command>",
      "run this when the job halts, pauses by itself, needs a decision, crashes or is done; it is given " +
        "the event as JSON on its standard input",
    )
    .option("--json", "one event per line on stdout")
    .action(async (job: string, options: RunOptions) => {
      const { runCommand } = await import("./run_command.ts");
      done(await runCommand(settings, job, options));
    });
  program.command("import").argument(
    "[source]",
    "orders.csv, orders.xlsx#Sheet2, sqlite:shop.db?table=orders, postgres://…, mysql://…; left out if " +
      "an MCP file names one",
  )
    .description("Make a job of a source and print its id.")
    .requiredOption("--template <file>", "the template that turns a row into a shipment")
    .requiredOption("--shipper <file>", "the address that ships, as JSON")
    .option("--job <id>", "the job's id; invented if left out")
    .option("--where <filter>", "only rows that fit: \"state = 'CA' and weight < 50\"")
    .option("--rows <rows>", "only rows of these numbers, as in 5-20,31")
    .option("--limit <number>", "at most so many rows, the first ones")
    .option("--encoding <name>", "of a CSV file that is not UTF-8, such as windows-1252")
    .option("--add-columns", "add the columns to the table that tracking numbers are written to")
    .option("--again", "ship orders once more that another job of the source has bought labels for")
    .option("--confirm", "a person must confirm what it will cost before it buys")
    .option("--mcp <file>", "MCP file that names other servers")
    .option("--json", "one JSON document on stdout")
    .action(async (source: string | undefined, options: ImportOptions) => {
      const { importCommand } = await import("./import_command.ts");
      done(await importCommand(settings, source, options));
    });
}

function describeQueries(program: Command, settings: Settings, done: Done): void {
  program.command("status").argument("[job]", "the job; all of them if left out")
    .description("Show how a job stands.")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string | undefined, options: { json?: boolean }) => {
      const { statusCommand } = await import("./query_commands.ts");
      done(
        await withDatabase(
          settings,
          (db) => statusCommand(db, settings, job, options),
          openToQuery,
        ),
      );
    });
  program.command("rows").argument("<job>", "the job")
    .description("List the rows of a job.")
    .option("--status <status>", `only those in this status: ${rowStatuses.join(", ")}`)
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: { status?: string; json?: boolean }) => {
      const { rowsCommand } = await import("./query_commands.ts");
      done(await withDatabase(settings, (db) => rowsCommand(db, job, options), openToQuery));
    });
  program.command("audit").argument("<job>", "the job")
    .description("List everything that happened to a job, and check the trail.")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: { json?: boolean }) => {
      const { auditCommand } = await import("./query_commands.ts");
      done(await withDatabase(settings, (db) => auditCommand(db, job, options), openToQuery));
    });
}

function describePreview(program: Command, settings: Settings, done: Done): void {
  program.command("preview").argument("<job>", "the job")
    .description("Check every row and show what it would cost. Nothing is bought.")
    .option("--sample <n>", "ask for the rates of so many rows only, spread over all of them")
    .option("--again", "ask again for rates that are kept from the last day")
    .option("--no-addresses", "do not have the carrier look at the addresses")
    .option("--confirm", "ask whether to buy this, and remember the answer for the next run")
    .option("--yes", "with --confirm: it is confirmed, do not ask")
    .option("--mcp <file>", "MCP file that names other servers")
    .option("--csv", "one CSV line for each row on stdout")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: PreviewOptions) => {
      const { previewCommand } = await import("./preview_command.ts");
      done(await withDatabase(settings, (db) => previewCommand(db, settings, job, options)));
    });
}

function describeLabels(program: Command, settings: Settings, done: Done): void {
  program.command("labels").argument("<job>", "the job")
    .description(
      "List the label files of bought rows, or make one PDF of them, 4 x 6 inches a page.",
    )
    .option("--pdf <file>", "one PDF in row order")
    .option("--rows <rows>", "only these, as in 3,7-9; every bought row if left out")
    .option("--mcp <file>", "MCP file that names the carrier, for labels that are missing")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: LabelsOptions) => {
      const { labelsCommand } = await import("./labels_command.ts");
      done(
        await withDatabase(
          settings,
          (db) => labelsCommand(db, settings, job, options),
          openToQuery,
        ),
      );
    });
}

function describeResults(program: Command, settings: Settings, done: Done): void {
  program.command("results").argument("<job>", "the job")
    .description("What became of every row, at any time; source and carrier may be away.")
    .option("--csv", "as CSV on stdout")
    .option("--output <file>", "as CSV in a file")
    .option("--with <columns>", "columns of the source beside them, as in order_id,recipient")
    .option("--mcp <file>", "MCP file that names the source")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: ResultsOptions) => {
      const { resultsCommand } = await import("./results_command.ts");
      done(
        await withDatabase(
          settings,
          (db) => resultsCommand(db, settings, job, options),
          openToQuery,
        ),
      );
    });
}

function describeExplain(program: Command, done: Done): void {
  program.command("explain").argument("[code]", "a code such as E-2001, or UPS's such as 120802")
    .description("Say what an error code means and what to do; list ours if none is named.")
    .option("--json", "one JSON document on stdout")
    .action(async (code: string | undefined, options: { json?: boolean }) => {
      const { explainCommand } = await import("./explain_command.ts");
      done(explainCommand(code, options));
    });
}

function describeChart(program: Command, done: Done): void {
  program.command("chart")
    .addArgument(new Argument("[machine]", "the machine").choices(machineNames))
    .description("Print the state chart of a machine; list the machines if none is named.")
    .addOption(
      new Option("--format <format>", "in which form").choices(chartFormats).default("mermaid"),
    )
    .action(async (machine: MachineName | undefined, options: { format: ChartFormat }) => {
      const { chartCommand } = await import("./chart_command.ts");
      done(await chartCommand(machine, options));
    });
}

function describeViz(program: Command, settings: Settings, done: Done): void {
  program.command("viz").argument("[job]", "the job; the newest if none is named")
    .description("Serve a page on this machine that shows what a job's machines did and do.")
    .option("--port <number>", "listen at this port; any if it is left out")
    .option("--allow-control", "let the page pause, cancel, retry and resolve")
    .option("--json", "the link as JSON on stdout")
    .action(async (job: string | undefined, options: VizCommandOptions) => {
      const { vizCommand } = await import("./viz_command.ts");
      const open = options.allowControl ? openDatabase : openToWatch;
      done(await withDatabase(settings, (db) => vizCommand(db, settings, job, options), open));
    });
}

function describeControls(program: Command, settings: Settings, done: Done): void {
  const describe = (request: ControlRequest, words: string) =>
    program.command(request).argument("<job>", "the job")
      .description(words)
      .option("--reason <text>", "why; it is kept in the audit trail")
      .option("--json", "one JSON document on stdout")
      .action(async (job: string, options: ControlOptions) => {
        const { controlCommand } = await import("./control_commands.ts");
        done(
          await withDatabase(
            settings,
            (db) => controlCommand(db, settings, request, job, options),
          ),
        );
      });
  describe("pause", "Have whoever runs a job stop after the row under way, from any terminal.");
  describe(
    "cancel",
    "Ship nothing of a job any more. What is bought stays bought; retry takes the job up again.",
  );
}

function describeDecisions(program: Command, settings: Settings, done: Done): void {
  program.command("retry").argument("<job>", "the job")
    .description(
      "Make failed rows pending again, and take up data that was mended in the source. " +
        "A cancelled job is taken up again.",
    )
    .option("--rows <rows>", "only these failed rows, as in 3,7-9; all of them if left out")
    .option("--mcp <file>", "MCP file that names other servers")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: { rows?: string; mcp?: string; json?: boolean }) => {
      const { retryCommand } = await import("./decision_commands.ts");
      done(await withDatabase(settings, (db) => retryCommand(db, settings, job, options)));
    });
  program.command("void").argument("<job>", "the job")
    .description("Void bought labels at the carrier, and take their numbers out of the source.")
    .option("--rows <rows>", "only these, as in 3,7-9; every row that has a label if left out")
    .option("--yes", "it is confirmed: do not ask")
    .option("--reason <text>", "why; it is kept in the audit trail")
    .option("--mcp <file>", "MCP file that names other servers")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, options: VoidCommandOptions) => {
      const { voidCommand } = await import("./void_command.ts");
      done(await withDatabase(settings, (db) => voidCommand(db, settings, job, options)));
    });
  program.command("resolve").argument("<job>", "the job").argument("<row>", "the row's number")
    .description(
      "Settle a row of which nobody could tell whether its label was bought, or leave one out.",
    )
    .option("--adopt <tracking>", "the carrier has a label for it: this one")
    .option("--reship", "the carrier has none: buy one")
    .option("--skip", "leave the row out; it may be pending or failed as well")
    .option("--voided <tracking>", "its label of this number is voided at the carrier by hand")
    .requiredOption("--reason <text>", "why (required); it is kept in the audit trail")
    .option("--mcp <file>", "MCP file that names the carrier, to check it with")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, row: string, options: ResolveOptions) => {
      const { resolveCommand } = await import("./decision_commands.ts");
      done(await withDatabase(settings, (db) => resolveCommand(db, settings, job, row, options)));
    });
}

async function withDatabase(
  settings: Settings,
  work: (db: Kysely<Database>) => Promise<number>,
  open: (url: string) => Promise<Kysely<Database>> = openDatabase,
): Promise<number> {
  const db = await open(settings.databaseUrl);
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
