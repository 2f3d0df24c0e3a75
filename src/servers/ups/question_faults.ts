/**
 * Why a question was not answered, as the errors that all our tools share: `E-3005` for this request,
 * `E-5001` for every one, `E-3002` and `E-3001` for now.
 *
 * @module
 */
import { knownUpsCode, upsCode } from "../../contracts/ups_codes.ts";
import { type ErrorCode, WaybillError } from "../../errors.ts";
import { faultsOf } from "./recovery.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import type { UpsFault } from "./ups_faults.ts";
import type { UpsReply } from "./ups_http.ts";

/**
 * The error for a reply that answers nothing.
 *
 * @param doing What could not be done, such as `Cannot rate this shipment`.
 * @param reply What came back.
 * @param hide Takes what names people out of UPS's words.
 * @returns The error.
 */
export function unanswered(
  doing: string,
  reply: UpsReply,
  hide: (text: string) => string = (text) => text,
): WaybillError {
  const faults = "http" in reply ? faultsOf(reply.http) : reply.faults;
  const [first] = faults;
  const code = "http" in reply ? codeOf(reply.http, faults) : codes[reply.why.kind];
  const known = first && knownUpsCode(first.code);
  const isRefusal = code === "E-3005" || code === "E-5001";
  const meaning = known ?? (isRefusal ? upsCode(first?.code ?? "", 400) : undefined);
  return new WaybillError(
    code,
    `${doing}: ${faults.map((fault) => said(fault, hide)).join("; ")}`,
    {
      remedy: meaning && meaning.kind !== "ambiguous" ? meaning.remedy : remedies[code],
    },
  );
}

const codes = { refused: "E-5001", busy: "E-3002", away: "E-3001" } as const;

const remedies: Partial<Record<ErrorCode, string>> = {
  "E-3001": "Ask again later",
  "E-3002": "Wait a little, then ask again",
  "E-3005": "Mend what UPS's message names, then ask again",
  "E-5001": "Check the client, the app's products and the account with UPS",
};

function codeOf({ status }: HttpAnswer, faults: readonly UpsFault[]): ErrorCode {
  if (status === 429) return "E-3002";
  const kinds = faults.map(({ code }) => knownUpsCode(code)?.kind);
  if (status >= 500 || kinds.includes("ambiguous")) return "E-3001";
  if (status === 401 || status === 403) return "E-5001";
  if (kinds.includes("credentials") || kinds.includes("account")) return "E-5001";
  const isReadable = status >= 400 && !faults.some(({ code }) => code.startsWith("HTTP-"));
  return isReadable ? "E-3005" : "E-3001";
}

/** UPS's code and words, and plain ones beside them where the table has some. */
function said({ code, message }: UpsFault, hide: (text: string) => string): string {
  const title = knownUpsCode(code)?.title;
  const words = hide(message);
  if (!title) return `${code} ${words}`.trim();
  return words ? `${code} ${words} (${title})` : `${code} ${title}`;
}
