/**
 * `explain`: what an error code means and what to do about it, ours and the carrier's.
 *
 * @module
 */
import { knownUpsCode, type UpsCodeKind } from "../contracts/ups_codes.ts";
import { type ErrorCode, errorCodes, isErrorCode, UsageError } from "../errors.ts";
import { nearestField } from "../actors/check_request.ts";
import { print, printJson } from "./output.ts";
import { plainTable } from "./report.ts";

/** What is told of a code. */
interface Explanation {
  readonly code: string;
  /** Whose code it is. */
  readonly of: "waybill" | "ups";
  readonly title: string;
  readonly message: string;
  readonly remedy: string;
  readonly retryable: boolean;
}

/**
 * `explain [code]`: tells of one code, or lists ours.
 *
 * @param code The code, if one is named.
 * @param options Whether a program reads it.
 * @returns The exit code.
 * @throws {UsageError} If nobody knows the code.
 */
export function explainCommand(
  code: string | undefined,
  options: { json?: boolean | undefined },
): number {
  if (code === undefined) {
    listOurs(options);
    return 0;
  }
  const explained = explain(code.trim().toUpperCase());
  if (options.json) {
    printJson(explained);
    return 0;
  }
  print(`${explained.code}  ${explained.title}`);
  print("");
  print(explained.message);
  print(`Next: ${explained.remedy}`);
  print(explained.retryable ? "It may work later with nothing changed." : "It will not go away.");
  return 0;
}

function listOurs({ json }: { json?: boolean | undefined }): void {
  const codes = Object.keys(errorCodes).filter(isErrorCode);
  if (json) {
    printJson({ codes: codes.map(ofOurs) });
    return;
  }
  const table = plainTable(["CODE", "WHAT IT IS"]);
  for (const code of codes) table.push([code, errorCodes[code].title]);
  print(table.toString());
}

function ofOurs(code: ErrorCode): Explanation {
  return { code, of: "waybill", ...errorCodes[code] };
}

const kindWords: Readonly<Record<UpsCodeKind, string>> = {
  retryable: "A code of UPS that comes and goes: nothing was done by that request.",
  ambiguous:
    "A code of UPS's own failures: after a purchase nobody knows whether there is a label, " +
    "so UPS is asked before anything is bought again.",
  credentials:
    "A code of UPS about who asks: every request with these credentials meets it. The job " +
    "stops, and no row is failed.",
  account:
    "A code of UPS about the account that pays: every shipment on it meets it. The job stops, " +
    "and no row is failed.",
  bug:
    "A code of UPS about the form of the request, which is Waybill's doing. The job stops, and no " +
    "row is failed.",
  row: "A code of UPS about this one shipment: the row is failed, and nothing was bought for it.",
  warning: "A remark of UPS beside a success: the shipment is bought.",
  voided: "A code of UPS about a shipment that is voided.",
  not_voided: "A code of UPS about a void that it refused: the label is alive.",
  not_found:
    "A code of UPS's label recovery: it sees no such shipment. Soon after a purchase that " +
    "proves nothing.",
  exists: "A code of UPS's label recovery: the shipment is there, its label is not to be had.",
  untracked: "A code of UPS's tracking: it does not know the number or reference.",
};

function mayPass(kind: UpsCodeKind): boolean {
  return kind === "retryable" || kind === "ambiguous" || kind === "not_found" ||
    kind === "untracked";
}

function explain(code: string): Explanation {
  if (isErrorCode(code)) return ofOurs(code);
  const digits = /^E?-?(\d{4})$/.exec(code)?.[1];
  const ours = digits === undefined ? "" : `E-${digits}`;
  if (isErrorCode(ours)) return ofOurs(ours);
  const theirs = knownUpsCode(code);
  if (theirs) {
    const { kind, title, remedy } = theirs;
    return { code, of: "ups", title, message: kindWords[kind], remedy, retryable: mayPass(kind) };
  }
  const nearest = nearestField(code, Object.keys(errorCodes));
  throw new UsageError(
    `Cannot explain "${code}": it is no code of Waybill, and none of UPS that is known here`,
    nearest === undefined
      ? "List the codes with: deno task explain"
      : `Did you mean ${nearest}? List the codes with: deno task explain`,
  );
}
