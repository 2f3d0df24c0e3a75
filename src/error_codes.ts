/**
 * Every error code of Waybill: what it means and what to do about it, whatever the case at hand. This
 * module imports nothing. The message of an error says more: what could not be done, where and why.
 *
 * Families: 1xxx data, 2xxx validation, 3xxx carrier, 4xxx system, 5xxx authentication, 9xxx our bug.
 *
 * @module
 */

/** What is known of a code. */
export interface ErrorFacts {
  /** In a few words. */
  readonly title: string;
  /** What has happened, in plain words. */
  readonly message: string;
  /** What to do next, where the error itself does not say it better. */
  readonly remedy: string;
  /** Whether the same thing may work later with nothing changed. */
  readonly retryable: boolean;
}

const never = false;
const later = true;

/** Every code, by number. */
export const errorCodes = {
  "E-1001": facts(
    "Missing column",
    "The template asks for a column that the source does not have.",
    "Correct the column's name in the template, or add the column to the source",
    never,
  ),
  "E-1002": facts(
    "Empty source",
    "The source has no rows to ship.",
    "Check that it is the right file, and that it has rows below its header",
    never,
  ),
  "E-1003": facts(
    "Malformed source file",
    "The file cannot be read as a table: quotes, separators or line ends do not fit together.",
    "Mend the line that the message names, or save the file again as CSV",
    never,
  ),
  "E-1004": facts(
    "Row changed since import",
    "The row's data is not what was imported. It is not shipped, so that nobody gets what another " +
      "row was checked for.",
    "Take the new data up with: deno task retry <job>",
    never,
  ),
  "E-1005": facts(
    "Source file is not UTF-8",
    "The file is written in another encoding, and names would be garbled.",
    "Save it again as CSV UTF-8, or say its encoding: deno task import … --encoding windows-1252",
    never,
  ),
  "E-1006": facts(
    "Row not in the source",
    "The source has no row of that number any more.",
    "Put the row back, or leave it out with: deno task resolve <job> <row> --skip --reason <why>",
    never,
  ),
  "E-1007": facts(
    "Row has a tracking number already",
    "The row's cell holds a tracking number, so somebody has shipped it before.",
    "Empty the cell if it is to be shipped, or leave the row out with: deno task resolve <job> " +
      "<row> --skip --reason <why>",
    never,
  ),
  "E-1008": facts(
    "Filter cannot be read",
    "The filter is no condition over the columns of the source; the message points at the place.",
    "Mend it. As in: state = 'CA' and weight < 50",
    never,
  ),
  "E-1009": facts(
    "Cell does not fit the filter",
    "The filter compares a cell with a number, and the cell holds none. Such a row is not left out " +
      "silently.",
    "Mend the cell, or compare it with a text in the filter",
    never,
  ),
  "E-1010": facts(
    "Table cannot be written back to",
    "The table has no columns for tracking numbers, they are too short, or may not be changed. " +
      "Nothing was bought.",
    "Add the columns that the message names, or have it done with --add-columns",
    never,
  ),
  "E-1011": facts(
    "Rows of the table have no identity",
    "The table has no key that tells each row from every other.",
    "Name the columns of its key, as in ?table=orders&key=id",
    never,
  ),
  "E-1012": facts(
    "No such worksheet",
    "The Excel workbook has no worksheet of that name.",
    "Name one of the worksheets that the message lists, as in orders.xlsx#Sheet2",
    never,
  ),
  "E-1013": facts(
    "Not a readable workbook",
    "The file is no .xlsx workbook, has a password, is damaged, or unpacks to more than can be read.",
    "Open it in Excel and save it as an Excel workbook (.xlsx) without a password",
    never,
  ),
  "E-1014": facts(
    "Table or query cannot be used",
    "The database has no such table, or refuses to read it or the query that was given.",
    "Mend the table's name or the query as the message says; try the query in the database's own client",
    never,
  ),
  "E-1015": facts(
    "Orders were shipped before",
    "Another job of the same source has bought labels for orders that show no tracking number now: the " +
      "file was exported again, or an older state of it was saved over the newer one.",
    "Leave them out with --where or --rows, or say import --again to ship them once more",
    never,
  ),
  "E-1016": facts(
    "Column looks like the tracking number's",
    "The source has a column that is called nearly as the one that tracking numbers are written to. " +
      "Orders that were shipped could be shipped again.",
    "Rename the column to tracking_number, or to something else if it is not that",
    never,
  ),
  "E-2001": facts(
    "Request does not fit the carrier's contract",
    "What the template made of the row is no shipment that the carrier takes: a field is missing, " +
      "unknown, too long, or no number.",
    "Mend the row in the source or the field in the template; the message names it",
    never,
  ),
  "E-2002": facts(
    "Value does not fit a template filter",
    "A cell holds something that a filter of the template cannot turn into what it makes.",
    "Mend the cell, or the place in the template that the message names",
    never,
  ),
  "E-2003": facts(
    "Shipper file does not fit",
    "The shipper file is not an address as the carrier needs it.",
    "Mend the field that the message names; examples/shipper.json is a pattern",
    never,
  ),
  "E-2004": facts(
    "Nobody has confirmed the purchase",
    "The job must be confirmed before it buys, and nobody has confirmed it as it is now.",
    "Look at it with: deno task preview <job>, then run it with --confirm or --yes",
    never,
  ),
  "E-2005": facts(
    "Shipment costs more than allowed",
    "What it costs, or would cost by the carrier's rates, is above a limit that was set.",
    "Raise --max-cost or --max-cost-per-row, or leave rows out with: deno task resolve <job> <row> " +
      "--skip --reason <why>",
    never,
  ),
  "E-2006": facts(
    "Cost cannot be told before buying",
    "A cost limit was set, and a row has no rate, one in another currency or one of another request; " +
      "or nobody knows, in the limit's currency, what the bought rows cost.",
    "Say the limit in the currency of the rates, or run without a limit",
    never,
  ),
  "E-2100": facts(
    "Wrong usage",
    "A command, an option or a setting is not what it should be.",
    "See the command's --help",
    never,
  ),
  "E-3001": facts(
    "Carrier could not be reached",
    "The carrier, or the network to it, is away. Nothing was bought by this call.",
    "Wait a little, then say the same command again",
    later,
  ),
  "E-3002": facts(
    "Carrier asks to slow down",
    "The carrier has been asked too often in too short a time.",
    "Wait a minute; lower --rate if it happens often",
    later,
  ),
  "E-3005": facts(
    "Carrier refused the shipment",
    "The carrier has looked at the shipment and will not take it. Nothing was bought.",
    "Mend what the carrier names, then: deno task retry <job>. deno task explain <its code> says more",
    never,
  ),
  "E-3006": facts(
    "Carrier refuses every row alike",
    "The first rows that were sent were all refused with the same code, so it is not about one of " +
      "them.",
    "Mend what the code names, as deno task explain <its code> tells, then: deno task retry <job>",
    never,
  ),
  "E-3010": facts(
    "Carrier's answer is unknown",
    "A purchase was sent, and nobody knows what became of it: its label may have been bought.",
    "Say: deno task run <job>. It asks the carrier, and buys nothing before that is clear",
    later,
  ),
  "E-3011": facts(
    "Row has a second label",
    "A purchase that was given up on has turned out to be bought after all.",
    "Void that label at the carrier, then: deno task resolve <job> <row> --voided <its number> " +
      "--reason <why>",
    never,
  ),
  "E-3012": facts(
    "Carrier says otherwise",
    "What was said about a label is not what the carrier says of it. Nothing was changed.",
    "Check the tracking number with the carrier",
    never,
  ),
  "E-3013": facts(
    "Carrier has a shipment for the row",
    "The carrier has said that the row's shipment exists, so it is not bought again.",
    "Adopt it with: deno task resolve <job> <row> --adopt <its number> --reason <why>",
    never,
  ),
  "E-3014": facts(
    "Carrier cannot void",
    "This carrier's server has no tool that voids a label.",
    "Void it at the carrier by hand, then: deno task resolve <job> <row> --voided <its number> " +
      "--reason <why>",
    never,
  ),
  "E-3015": facts(
    "Carrier refused to void",
    "The carrier will not void the label: its time is over, or it has been used.",
    "Ask the carrier for a refund",
    never,
  ),
  "E-3016": facts(
    "Void's answer is unknown",
    "The void was sent, and nobody knows what became of it. It may be asked for again.",
    "Say: deno task void <job> --rows <row>",
    later,
  ),
  "E-4001": facts(
    "Database error",
    "The database could not be reached, or would not do what it was asked.",
    "Bring it back, then say the same command again: nothing is lost",
    later,
  ),
  "E-4002": facts(
    "File system error",
    "A file or folder could not be read or written.",
    "Check the path, its permissions and the room on the disk",
    later,
  ),
  "E-4003": facts(
    "Template error",
    "The template is no valid Nunjucks, or does not render to JSON.",
    "Mend the line that the message names",
    never,
  ),
  "E-4004": facts(
    "Another runner holds the job",
    "Somebody else is working on the job at this moment.",
    "Wait for it, or stop it with: deno task pause <job>",
    later,
  ),
  "E-4005": facts(
    "Lease lost to another runner",
    "This runner was away for so long that another one took the job over.",
    "See who works on it with: deno task status <job>",
    later,
  ),
  "E-4006": facts(
    "Source could not be read",
    "The data source is away, or does not answer as it should.",
    "Check that the file or server is there, then say the same command again",
    later,
  ),
  "E-4007": facts(
    "Write-back conflict",
    "Another tracking number stands in the row's cell, or no row holds the order that was shipped any " +
      "more. Nothing is overwritten.",
    "Clear the cell or keep it, or put the row back; the number that was bought is in: deno task rows <job>",
    never,
  ),
  "E-4008": facts(
    "Database is newer than this program",
    "A newer version of Waybill has been at this database.",
    "Use that version, or another database",
    never,
  ),
  "E-4009": facts(
    "Row is not in the expected state",
    "What was asked for does not fit the state that the row is in.",
    "Look at it with: deno task rows <job>",
    never,
  ),
  "E-4010": facts(
    "MCP server does not keep its contract",
    "A data-source or carrier server did not start, ended, or answered what cannot be read.",
    "See what the server wrote, and check its command in the MCP file",
    later,
  ),
  "E-4011": facts(
    "Unknown job",
    "There is no job of that id in this database.",
    "List the jobs with: deno task status",
    never,
  ),
  "E-4012": facts(
    "Job exists already",
    "There is a job of that id.",
    "Choose another id with --job",
    never,
  ),
  "E-4013": facts(
    "Template took too long",
    "Rendering a row did not come to an end in its time.",
    "Look for a loop in the template that has no end",
    never,
  ),
  "E-4014": facts(
    "Write-back failed",
    "A tracking number could not be written into the source. The label is bought and recorded.",
    "Mend the source, then: deno task run <job>",
    later,
  ),
  "E-4015": facts(
    "A part of the program stopped",
    "A part that the run needs has failed again and again, and was given up.",
    "Mend what the message names, then say the same command again",
    later,
  ),
  "E-4016": facts(
    "Another job has unfinished purchases for the source",
    "Another job of the same source is not settled, and rows might be bought twice.",
    "Run that job to its end first",
    later,
  ),
  "E-4017": facts(
    "Purchase was sent to another carrier",
    "The job has bought elsewhere: another server, or another environment of UPS.",
    "Name the carrier that it was bought from, by --mcp or UPS_ENV",
    never,
  ),
  "E-4018": facts(
    "Job is not in the expected state",
    "What was asked for does not fit the state that the job is in.",
    "Look at it with: deno task status <job>",
    never,
  ),
  "E-4019": facts(
    "Job is cancelled",
    "Somebody has cancelled the job, and nothing of it is shipped.",
    "Take it up again with: deno task retry <job>",
    never,
  ),
  "E-4020": facts(
    "Source is owed a void",
    "The row's label is voided, and its source does not show that yet.",
    "Bring it with: deno task void <job>",
    later,
  ),
  "E-4021": facts(
    "Label cannot be had",
    "The label's file is gone or damaged, and the carrier does not give it again.",
    "Print it from the carrier's own site, by its tracking number",
    later,
  ),
  "E-4025": facts(
    "Nobody waits any more",
    "A part was away, and the run was told to stop. Nothing is lost.",
    "Say: deno task run <job>",
    later,
  ),
  "E-4026": facts(
    "Database is not ready to be read",
    "It is missing, empty, or of an older Waybill, and whoever only reads may neither make it nor bring " +
      "it up to date.",
    "Open it once with a command that may write to it, such as deno task status; if nothing may, do " +
      "that to a copy",
    never,
  ),
  "E-4027": facts(
    "Database cannot be read without its -wal file",
    "Its last changes lie in a file beside it, and SQLite reads the two together only where it may write " +
      "beside them.",
    "Copy both files to a folder that you may write to, and name that copy in DATABASE_URL",
    never,
  ),
  "E-5001": facts(
    "Carrier refused the credentials",
    "The carrier does not accept the client id, the secret or the account, so every row would be " +
      "refused. No row is at fault.",
    "Check UPS_CLIENT_ID, UPS_CLIENT_SECRET, UPS_ACCOUNT_NUMBER and UPS_ENV, then: deno task run " +
      "<job>",
    never,
  ),
  "E-9001": facts(
    "Bug in Waybill",
    "Something has happened that should be impossible.",
    "Report it with the message; the job can be carried on with: deno task run <job>",
    never,
  ),
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof errorCodes;

/**
 * Whether a code is one of ours.
 *
 * @param code Such as a server's.
 * @returns Whether it is in the list above.
 */
export function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCodes, code);
}

function facts(title: string, message: string, remedy: string, retryable: boolean): ErrorFacts {
  return { title, message, remedy, retryable };
}
