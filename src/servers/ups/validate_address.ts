/**
 * Asks UPS about an address (Address Validation API, v2): whether it is there, how UPS would write it,
 * and whether people live there. UPS knows the addresses of the United States and Puerto Rico.
 *
 * @module
 */
import { z } from "zod";
import { hiderOf } from "../../contracts/personal_data.ts";
import type { AddressAnswer, addressValidateSchema } from "../../contracts/questions.ts";
import { askPatiently } from "./ask_patiently.ts";
import { countryOf } from "./lane.ts";
import { linesOf, postalCodeOf } from "./party.ts";
import { plainText } from "./plain_text.ts";
import { unanswered } from "./question_faults.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { listOf, text } from "./ship_response.ts";
import type { Ups } from "./ups.ts";
import { readJson } from "./ups_faults.ts";
import type { UpsQuestion } from "./ups_http.ts";

type Asked = z.output<typeof addressValidateSchema>;

/** Validation and classification at once. */
const path = "/api/addressvalidation/v2/3";

const known: ReadonlySet<string> = new Set(["US", "PR"]);

const lines = z.preprocess((value) => typeof value === "string" ? [value] : value, z.array(text));
const formatSchema = z.object({
  AddressLine: lines.catch([]),
  PoliticalDivision2: text,
  PoliticalDivision1: text,
  PostcodePrimaryLow: text,
  PostcodeExtendedLow: text,
  CountryCode: text,
});
const classSchema = z.object({ Code: text }).optional().catch(undefined);

const responseSchema = z.object({
  XAVResponse: z.object({
    Response: z.object({ ResponseStatus: z.object({ Code: text }) }),
    // Tags whose presence means true, whatever they hold.
    ValidAddressIndicator: z.unknown().optional(),
    AmbiguousAddressIndicator: z.unknown().optional(),
    NoCandidatesIndicator: z.unknown().optional(),
    AddressClassification: classSchema,
    Candidate: listOf(z.object({ AddressKeyFormat: formatSchema })).catch([]),
  }),
});

/**
 * Asks about an address.
 *
 * @param address The address.
 * @param ups What it works with.
 * @returns What UPS says of it; `unavailable` where it knows none of the country's.
 * @throws {WaybillError} `E-3005` if UPS refuses the question, `E-3001`, `E-3002` or `E-5001` if it
 * does not answer.
 *
 * @internal
 */
export async function validateAddress(address: Asked, ups: Ups): Promise<AddressAnswer> {
  if (!known.has(countryOf(address))) return { status: "unavailable", candidates: [] };
  const reply = await askPatiently(ups, addressQuestion(address));
  const answer = "http" in reply ? readAddresses(reply.http) : undefined;
  if (answer) return answer;
  throw unanswered("Cannot check this address", reply, hiderOf([address]));
}

/**
 * The question.
 *
 * @param address The address.
 * @returns The question.
 *
 * @internal
 */
export function addressQuestion(address: Asked): UpsQuestion {
  const code = postalCodeOf(address);
  const [city, state] = [address.city, address.state_province_code].map(plainText);
  return {
    path,
    body: {
      XAVRequest: {
        AddressKeyFormat: {
          AddressLine: linesOf(address),
          ...(city ? { PoliticalDivision2: city } : {}),
          ...(state ? { PoliticalDivision1: state.toUpperCase() } : {}),
          ...(code ? { PostcodePrimaryLow: code.slice(0, 5) } : {}),
          ...(code.length > 5 ? { PostcodeExtendedLow: code.slice(5) } : {}),
          CountryCode: countryOf(address),
        },
      },
    },
  };
}

/**
 * Reads an answer.
 *
 * @param http The answer.
 * @returns What it says, or `undefined` if it says nothing.
 *
 * @internal
 */
export function readAddresses(http: HttpAnswer): AddressAnswer | undefined {
  const read = responseSchema.safeParse(readJson(http.body));
  if (http.status !== 200 || !read.success) return undefined;
  const answer = read.data.XAVResponse;
  if (answer.Response.ResponseStatus.Code !== "1") return undefined;
  const status = statusOf(answer);
  const classification = classes[answer.AddressClassification?.Code ?? ""];
  return status && {
    status,
    candidates: answer.Candidate.map(({ AddressKeyFormat }) => candidateOf(AddressKeyFormat)),
    ...(classification ? { classification } : {}),
  };
}

const classes: Readonly<Record<string, AddressAnswer["classification"]>> = {
  "0": "unknown",
  "1": "commercial",
  "2": "residential",
};

function statusOf(
  answer: z.output<typeof responseSchema>["XAVResponse"],
): AddressAnswer["status"] | undefined {
  if (answer.ValidAddressIndicator !== undefined) return "valid";
  if (answer.AmbiguousAddressIndicator !== undefined) return "ambiguous";
  return answer.NoCandidatesIndicator === undefined ? undefined : "invalid";
}

function candidateOf(format: z.output<typeof formatSchema>): AddressAnswer["candidates"][number] {
  const [line1, line2, line3] = format.AddressLine;
  const { PostcodePrimaryLow: low, PostcodeExtendedLow: extended } = format;
  const fields = {
    address_line1: line1,
    address_line2: line2,
    address_line3: line3,
    city: format.PoliticalDivision2,
    state_province_code: format.PoliticalDivision1,
    postal_code: extended ? `${low}-${extended}` : low,
    country_code: format.CountryCode,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value));
}
