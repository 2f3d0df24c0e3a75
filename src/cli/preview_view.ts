/**
 * A preview as people read it: the first rows one by one, the rest in sums.
 *
 * @module
 */
import type { Preview } from "../actors/preview_job.ts";
import type { PreviewRow, ServiceTotal } from "../actors/preview_sums.ts";
import { formatCosts, formatMinorUnits } from "../money.ts";
import { serviceWords } from "../templates/filters/service_code.ts";
import { plainTable } from "./report.ts";

/** Wide enough to know a person by, narrow enough for a terminal. */
const nameWidth = 28;

/**
 * The lines of a preview.
 *
 * @param preview The preview.
 * @returns The lines.
 */
export function previewLines(preview: Preview): string[] {
  const { rows, first, faults, laterWarned, atFault } = preview;
  if (rows === 0) return ["No row is left to ship."];
  const rest = rows - atFault - first.length;
  return [
    ...rowTable(first),
    ...rest > 0 ? [`… and ${counted(rest)} more`] : [],
    ...first.length > 0 ? [""] : [],
    ...totalTable(preview),
    ...notes(preview),
    ...laterWarned.map(({ rowNumber, warnings }) => `Row ${rowNumber}: ${warnings.join("; ")}`),
    ...faults.map(({ rowNumber, problem, warnings }) =>
      `Row ${rowNumber}: ${[`${problem?.code} ${problem?.message}`, ...warnings].join("; ")}`
    ),
    ...atFault > faults.length ? [`… and ${counted(atFault - faults.length)} at fault more`] : [],
    ...atFault > 0 ? [`${counted(atFault)} ${atFault === 1 ? "is" : "are"} not ready.`] : [],
  ];
}

function rowTable(rows: readonly PreviewRow[]): string[] {
  if (rows.length === 0) return [];
  const table = plainTable(["ROW", "RECIPIENT", "CITY", "SERVICE", "ESTIMATE", "WARNINGS"]);
  for (const { rowNumber, recipient, place, service, estimate, warnings } of rows) {
    table.push([
      rowNumber,
      short(recipient),
      short(place),
      serviceWords(service),
      estimate ? formatMinorUnits(estimate.minor, estimate.currencyCode) : "-",
      inOneLine(warnings.join("; ")),
    ]);
  }
  return table.toString().split("\n").map((line) => line.trimEnd());
}

function totalTable({ services, costs, rows, atFault, hasRates }: Preview): string[] {
  if (!hasRates) return ["This carrier gives no rates: what it costs is known once it is bought."];
  if (services.length === 0) return [];
  const table = plainTable();
  for (const total of services) {
    const { service, currencyCode, rated, assumed, minor } = total;
    const amount = formatMinorUnits(minor, currencyCode);
    table.push([serviceWords(service), counted(rated + assumed), amount, basisOf(total)]);
  }
  table.push(["Total", counted(rows - atFault), formatCosts(costs), ""]);
  return table.toString().split("\n").map((line) => line.trimEnd());
}

function basisOf({ rated, assumed }: ServiceTotal): string {
  return assumed === 0 ? "" : `${counted(rated)} rated, ${assumed} at their average`;
}

function notes({ dearest, unrated, uncovered, warned, isStopped }: Preview): string[] {
  return [
    ...dearest
      ? [
        `The dearest is row ${dearest.rowNumber}: ${
          formatMinorUnits(dearest.estimate.minor, dearest.estimate.currencyCode)
        }`,
      ]
      : [],
    ...unrated > 0 ? [`For ${counted(unrated)} the carrier gave no rate`] : [],
    ...uncovered > 0
      ? [`${counted(uncovered)} are in no sum: no rate of their service is known`]
      : [],
    ...warned > 0 ? [`${counted(warned)} ${warned === 1 ? "has" : "have"} a warning`] : [],
    ...isStopped ? ["Stopped before the end: these are not all rows"] : [],
  ];
}

function counted(rows: number): string {
  return rows === 1 ? "1 row" : `${rows} rows`;
}

/** A cell's line breaks and marks of direction would draw lines of their own. */
function inOneLine(text: string): string {
  return text.replace(/[\s\p{Cf}]+/gu, " ").trim();
}

function short(cell: string): string {
  const text = inOneLine(cell);
  return text.length <= nameWidth ? text : `${text.slice(0, nameWidth - 1).trimEnd()}…`;
}
