/**
 * Asks the carrier about what a person says of a row: a number to adopt, a label that is not there.
 * It is asked before the decision's transaction: none is open while a server is asked.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import { getLabelAnswerSchema } from "../contracts/carrier.ts";
import type { AdoptedLabel } from "../db/rows.ts";
import type { AttemptTable, Database } from "../db/schema.ts";
import type { Found } from "../machines/purchase.ts";
import { ensureError, WaybillError } from "../errors.ts";
import { sentElsewhere } from "./take_carrier.ts";
import { findByReference } from "./look_up.ts";
import { type ToolCaller, ToolError, UnknownToolError } from "./tool_caller.ts";
import { systemClock } from "./world.ts";

/** A carrier that can be asked. */
export interface AskedCarrier {
  /** Calls its tools. */
  readonly call: ToolCaller;
  /** As a job remembers it. */
  readonly name: string;
}

/** A number that a person found, after the carrier was asked. */
export interface Adoption extends AdoptedLabel {
  /** The attempt that bought it, if the carrier told. */
  readonly key: string | undefined;
  /** Whether the carrier was asked; some cannot be. */
  readonly isChecked: boolean;
}

/**
 * Checks a number that is to be adopted.
 *
 * @param db The database.
 * @param carrier The carrier; `undefined` if it cannot be asked from here.
 * @param jobId The job.
 * @param rowNumber The row.
 * @param trackingNumber The number.
 * @returns The label of that number.
 * @throws {WaybillError} `E-3012` if the carrier has another label for the row, or none of that
 * number; `E-3001` if it cannot be asked now.
 *
 * @internal
 */
export async function checkAdoption(
  db: Kysely<Database>,
  carrier: AskedCarrier | undefined,
  jobId: string,
  rowNumber: number,
  trackingNumber: string,
): Promise<Adoption> {
  const plain = {
    shipmentId: undefined,
    trackingNumbers: [trackingNumber] as const,
    labels: "[]",
    key: undefined,
  };
  if (!carrier) return { ...plain, isChecked: false };
  // What was voided says nothing of another label.
  const attempts = (await listAttempts(db, jobId, rowNumber))
    .filter(({ voided_at }) => voided_at === null);
  for (const attempt of attempts.toReversed()) {
    const { key } = attempt;
    const found = await askAbout(carrier, attempt);
    if (found.type === "unsupported") break;
    if (found.type === "unknown") throw cannotAsk(rowNumber, found.problem.message);
    if (found.type === "exists" && found.as === "voided") {
      throw notTheCarriers(rowNumber, trackingNumber, "the carrier says that it is voided");
    }
    if (found.type === "exists" && isAmong(found.trackingNumbers, trackingNumber)) {
      const labels = await fetchLabels(carrier, rowNumber, trackingNumber).catch(() => undefined);
      return { ...plain, labels: JSON.stringify(labels ?? []), isChecked: true };
    }
    if (found.type !== "one") continue;
    const { label } = found;
    if (!isAmong(label.trackingNumbers, trackingNumber)) {
      throw notTheCarriers(
        rowNumber,
        trackingNumber,
        `for the row's reference ${key} the carrier has ${label.trackingNumbers.join(", ")}`,
      );
    }
    return { ...label, labels: JSON.stringify(label.labels), key, isChecked: true };
  }
  const labels = await fetchLabels(carrier, rowNumber, trackingNumber);
  return { ...plain, labels: JSON.stringify(labels ?? []), isChecked: labels !== undefined };
}

/** What the carrier says, and has said, of a row's attempts. */
export interface Existence {
  /** The first attempt whose shipment exists, or did when the carrier was last heard. */
  readonly existing: { readonly attempt: AttemptTable; readonly isNew: boolean } | undefined;
  /** Whether every attempt was asked about and answered. */
  readonly isChecked: boolean;
}

/**
 * Asks whether a shipment exists for any attempt of a row. What was voided does not count; what the
 * carrier said once counts until it says that it is voided.
 *
 * @param db The database.
 * @param carrier The carrier; `undefined` if it cannot be asked from here.
 * @param jobId The job.
 * @param rowNumber The row.
 * @returns What it said.
 * @throws {WaybillError} `E-3001` if a purchase is under way just now.
 *
 * @internal
 */
export async function findExisting(
  db: Kysely<Database>,
  carrier: AskedCarrier | undefined,
  jobId: string,
  rowNumber: number,
): Promise<Existence> {
  let isChecked = true;
  for (const attempt of await listAttempts(db, jobId, rowNumber)) {
    if (attempt.voided_at !== null) continue;
    const found = carrier && await askAbout(carrier, attempt);
    if (found?.type === "unknown" && found.retryAfterMs > 0) {
      throw cannotAsk(rowNumber, found.problem.message);
    }
    if (found?.type === "exists" && found.as === "voided") continue;
    const isThere = found?.type === "one" || found?.type === "exists";
    if (isThere || attempt.exists_since !== null) {
      return { existing: { attempt, isNew: attempt.exists_since === null }, isChecked };
    }
    isChecked &&= found?.type === "none";
  }
  return { existing: undefined, isChecked };
}

async function askAbout(
  { call, name }: AskedCarrier,
  { key, account, carrier, row_number: rowNumber }: AttemptTable,
): Promise<Found> {
  if (carrier !== null && carrier !== name) throw sentElsewhere(rowNumber, carrier);
  const who = { key, account: account ?? undefined };
  return await findByReference({ carrier: call, clock: systemClock }, who);
}

/** People type numbers as they like. */
function isAmong(numbers: readonly string[], number: string): boolean {
  return numbers.some((each) => each.toUpperCase() === number.toUpperCase());
}

/** By the number itself; `undefined` if the carrier cannot be asked so. */
async function fetchLabels(
  { call }: AskedCarrier,
  rowNumber: number,
  trackingNumber: string,
): Promise<unknown[] | undefined> {
  try {
    const answer = await call("shipping_get_label", { tracking_number: trackingNumber });
    const read = getLabelAnswerSchema.safeParse(answer);
    return read.success ? read.data.labels : [];
  } catch (error) {
    if (error instanceof UnknownToolError) return undefined;
    const { message } = ensureError(error);
    if (error instanceof ToolError) throw notTheCarriers(rowNumber, trackingNumber, message);
    throw cannotAsk(rowNumber, message);
  }
}

function notTheCarriers(rowNumber: number, number: string, why: string): WaybillError {
  return new WaybillError("E-3012", `Cannot adopt ${number} for row ${rowNumber}: ${why}`, {
    rowNumber,
    remedy:
      "Check the number at the carrier; name the carrier's MCP file with --mcp if it is another",
  });
}

function cannotAsk(rowNumber: number, why: string): WaybillError {
  return new WaybillError(
    "E-3001",
    `Cannot check row ${rowNumber} with the carrier now: ${why}`,
    { rowNumber, remedy: "Try again when the carrier answers" },
  );
}
