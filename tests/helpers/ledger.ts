/**
 * Looks into the sandbox's books, as a person who doubts would.
 *
 * @module
 */

/** An entry; which fields it has depends on its kind. */
export interface LedgerLine {
  kind: string;
  key: string;
  order: string | null;
  of: string;
  fault: string;
  service: string;
  shipment_id: string;
  tracking_numbers: string[];
  references: string[];
}

/** Every entry in the ledger of a sandbox's folder; none if there is no ledger. */
export function ledgerIn(folder: string, ...kinds: string[]): LedgerLine[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(`${folder}/ledger.jsonl`);
  } catch {
    return [];
  }
  const lines: LedgerLine[] = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return kinds.length > 0 ? lines.filter(({ kind }) => kinds.includes(kind)) : lines;
}

/** What was bought. */
export function soldIn(folder: string): LedgerLine[] {
  return ledgerIn(folder, "ship");
}
