/**
 * Shows progress: a bar on a terminal, plain lines in a pipe, one JSON event a line for programs.
 *
 * @module
 */
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import process from "node:process";
import type { Observer, ProgressEvent } from "../actors/event_bus.ts";
import type { Figures, RowsWarned } from "../machines/job_types.ts";
import { formatCosts, formatMinorUnits } from "../money.ts";
import { wordsOfChild } from "./child_words.ts";
import { formatClock } from "./duration.ts";
import { printJson, say } from "./output.ts";
import { isLively } from "./style.ts";

/** Shows progress until it is stopped. */
export interface Progress {
  /** Takes the events. */
  readonly observer: Observer;
  /** Ends the bar for good, so that other lines can follow. */
  stop(): void;
}

/**
 * Chooses how to show progress.
 *
 * @param isForPrograms Whether `--json` was asked for.
 * @returns The progress.
 */
export function showProgress(isForPrograms: boolean): Progress {
  if (isForPrograms) return { observer: printJson, stop: () => {} };
  return isLively(Deno.stderr) ? showBar() : { observer: sayEvent, stop: () => {} };
}

/** A line of its own; the bar is drawn again below it, as its figures change with it. */
function tellAbove(event: ProgressEvent): void {
  process.stderr.write("\r\x1b[0K");
  sayEvent(event);
}

function showBar(): Progress {
  const bar = new cliProgress.SingleBar({
    format: "{bar} {value}/{total} rows | {failed} failed | {cost} | {rate}/s | ETA {left}{note}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    fps: 10,
    stream: process.stderr,
  });
  // A terminal that was closed is no reason to stop shipping.
  process.stderr.on("error", () => {});
  let before = 0;
  let startedAt = 0;
  let isShown = false;
  return {
    observer(event) {
      if (event.type === "batch_started") {
        before = event.figures.done;
        startedAt = Date.parse(event.at);
        bar.start(event.figures.total, before, paceOf(event.figures, 0, 0));
        isShown = true;
      } else if (event.type === "row_reconciling" && isShown) {
        bar.update({ note: ` | row ${event.rowNumber}: asking the carrier` });
      } else if ("child" in event && isShown) {
        const words = wordsOfChild(event);
        if (words !== undefined) bar.update({ note: ` | ${words}` });
      } else if (event.type === "stop_requested" && isShown) {
        bar.update({ note: ` | ${event.request} was asked for: stopping` });
      } else if (!isShown) {
        // What an earlier run left behind is cleared up before the bar begins.
        if (!("figures" in event)) sayEvent(event);
      } else if ("figures" in event) {
        if (event.type === "row_failed") tellAbove(event);
        const seconds = (Date.parse(event.at) - startedAt) / 1_000;
        const { figures } = event;
        bar.update(figures.done, paceOf(figures, figures.done - before, seconds));
      }
    },
    stop() {
      if (isShown) bar.stop();
      isShown = false;
    },
  };
}

/** The rate is that of this run; a resumed job's earlier rows tell nothing about it. */
function paceOf(figures: Figures, doneNow: number, seconds: number): Record<string, string> {
  const rate = seconds > 0 ? doneNow / seconds : 0;
  const left = rate > 0 ? (figures.total - figures.done) / rate : undefined;
  return {
    note: "",
    failed: String(figures.failed),
    cost: formatCosts(figures.costs),
    rate: rate.toFixed(rate < 10 ? 1 : 0),
    left: left === undefined ? "–" : formatClock(left),
  };
}

function warnedWords({ message, count, rows }: RowsWarned): string {
  const more = count > rows.length ? ` and ${count - rows.length} more` : "";
  return `Look at row${count === 1 ? "" : "s"} ${rows.join(", ")}${more}: ${message}`;
}

function sayEvent(event: ProgressEvent): void {
  switch (event.type) {
    case "batch_started":
      return say(`Job ${event.jobId}: ${event.figures.done} of ${event.figures.total} rows done`);
    case "row_started":
      return;
    case "rows_warned":
      return say(warnedWords(event));
    case "stop_requested":
      return say(
        `A ${event.request} was asked for from another terminal: stopping after the row under way …`,
      );
    case "row_reconciling":
      return say(`Row ${event.rowNumber}: the answer was lost, asking the carrier …`);
    case "row_reconciled":
      return say(
        event.trackingNumber === undefined
          ? `Row ${event.rowNumber}: the carrier has no label, it is bought under a new reference`
          : `Row ${event.rowNumber}: ${event.trackingNumber}, found at the carrier`,
      );
    case "duplicate_found":
      return say(`Row ${event.rowNumber}: ${event.code} ${event.message}`);
    case "row_completed": {
      const { rowNumber, trackingNumber, costMinor, currencyCode, figures } = event;
      const cost = costMinor === undefined || currencyCode === undefined
        ? "cost unknown"
        : formatMinorUnits(costMinor, currencyCode);
      const owed = event.isWrittenBack ? "" : ", write-back owed";
      return say(
        `Row ${rowNumber}: ${trackingNumber}, ${cost}${owed} (${figures.done} of ${figures.total})`,
      );
    }
    case "row_failed":
    case "row_needs_review":
      return say(`Row ${event.rowNumber}: ${event.code} ${event.message}`);
    case "child_started":
    case "child_exited":
    case "child_restarted":
    case "escalated": {
      const words = wordsOfChild(event);
      return words === undefined ? undefined : say(words);
    }
    case "batch_completed":
    case "batch_failed":
    case "batch_paused":
    case "batch_cancelled":
      return;
    default:
      return event satisfies never;
  }
}
