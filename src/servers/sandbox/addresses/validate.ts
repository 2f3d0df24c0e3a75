/**
 * Address validation in the sandbox (UPS's XAV). It has no map: it knows how addresses are written
 * and which ZIP codes lie in which state, and decides by that alone, always in the same way.
 *
 * | the address | the answer |
 * |---|---|
 * | a house number or a box, a city, a ZIP code of that state | valid, as UPS would write it |
 * | a ZIP code of another state | ambiguous, with each state of that ZIP code as a candidate |
 * | no house number, no city, or no ZIP code that there is | no candidates |
 *
 * @module
 */
import { z } from "zod";
import { type Answer, type Asked, json, readJson, refusal } from "../answer.ts";
import { isAmerican } from "../lane.ts";
import { takeQuestionFault } from "../question_fault.ts";
import type { Sandbox } from "../sandbox.ts";
import { listOf } from "../ship_request.ts";
import { classify } from "./classification.ts";
import { standardLine } from "./street_words.ts";
import { statesOfZip } from "./zip_table.ts";

const text = z.string().catch("");

const keySchema = z.object({
  ConsigneeName: z.string().optional(),
  AddressLine: listOf(z.string()),
  PoliticalDivision2: text,
  PoliticalDivision1: text,
  PostcodePrimaryLow: text,
  PostcodeExtendedLow: text,
  CountryCode: text,
});

const bodySchema = z.object({
  XAVRequest: z.object({
    Request: z.object({
      TransactionReference: z.object({ CustomerContext: z.string().optional() }).optional(),
    }).optional(),
    AddressKeyFormat: z.preprocess((key) => Array.isArray(key) ? key[0] : key, keySchema),
  }),
});

type Key = z.infer<typeof keySchema>;

/** What is asked for: 1 whether an address is one, 2 what kind it is, 3 both. */
const optionPattern = /^[123]$/;
const usualMostCandidates = 15;

/**
 * Validates an address.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @param option 1 to validate, 2 to classify, 3 for both.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function validateAddress(asked: Asked, sandbox: Sandbox, option: string): Answer {
  const body = bodySchema.safeParse(readJson(asked.body));
  if (!body.success || !optionPattern.test(option)) {
    return refusal(400, { code: "10001", message: "The request is not well formed" });
  }
  const { Request, AddressKeyFormat: key } = body.data.XAVRequest;
  if (!isAmerican(key.CountryCode)) {
    const message = "The country is not supported: US and PR only";
    return refusal(400, { code: "264003", message });
  }
  const spoilt = takeQuestionFault("validate", sandbox);
  if (spoilt) return spoilt;
  const most = Number(asked.query.get("maximumcandidatelistsize") ?? usualMostCandidates);
  return json(200, {
    XAVResponse: {
      Response: {
        ResponseStatus: { Code: "1", Description: "Success" },
        ...(Request?.TransactionReference
          ? { TransactionReference: Request.TransactionReference }
          : {}),
      },
      ...verdictOn(key, option, Number.isInteger(most) && most > 0 ? most : usualMostCandidates),
    },
  });
}

function verdictOn(key: Key, option: string, mostCandidates: number): Record<string, unknown> {
  const lines = key.AddressLine.map(standardLine).filter((line) => line !== "");
  const [city, state] = [
    standardLine(key.PoliticalDivision2),
    standardLine(key.PoliticalDivision1),
  ];
  const [zip, extended] = zipOf(key);
  const states = statesOfZip(zip);
  const isThere = lines.some((line) => /^(\d|PO BOX \d|P O BOX \d)/.test(line));
  const classification = option === "1" ? {} : { AddressClassification: classify(lines) };
  if (!isThere || city === "" || states.length === 0) {
    return { NoCandidatesIndicator: "", ...unclassified(option) };
  }
  const candidate = (inState: string) => ({
    ...classification,
    AddressKeyFormat: {
      ...(key.ConsigneeName ? { ConsigneeName: standardLine(key.ConsigneeName) } : {}),
      AddressLine: lines.slice(0, 3),
      Region: `${city} ${inState} ${zip}-${extended}`,
      PoliticalDivision2: city,
      PoliticalDivision1: inState,
      PostcodePrimaryLow: zip,
      PostcodeExtendedLow: extended,
      CountryCode: inState === "PR" ? "PR" : "US",
    },
  });
  const given = key.CountryCode === "PR" ? "PR" : state;
  const isCertain = states.includes(given) || (given === "" && states.length === 1);
  const candidates = (isCertain ? [given || states[0] || ""] : states).map(candidate);
  return {
    ...(isCertain ? { ValidAddressIndicator: "" } : { AmbiguousAddressIndicator: "" }),
    ...(isCertain ? classification : unclassified(option)),
    // Who only wants to know the kind gets no candidates.
    ...(option === "2" ? {} : { Candidate: candidates.slice(0, mostCandidates) }),
  };
}

function unclassified(option: string): Record<string, unknown> {
  return option === "1" ? {} : { AddressClassification: classify([]) };
}

/** Five digits and four; what is not given of the four is made from the address. */
function zipOf({ PostcodePrimaryLow, PostcodeExtendedLow, AddressLine }: Key): [string, string] {
  const [, zip = "", more = ""] = /^(\d{5})-?(\d{4})?$/.exec(PostcodePrimaryLow.trim()) ?? [];
  const given = more || (/^\d{4}$/.test(PostcodeExtendedLow) ? PostcodeExtendedLow : "");
  return [zip, given || blockOf(AddressLine.map(standardLine).join(" "))];
}

/** Some four digits that belong to a street and its hundred of house numbers. */
function blockOf(line: string): string {
  let sum = 7;
  for (const char of line.replace(/\d\d\b/, "")) sum = (sum * 31 + char.charCodeAt(0)) % 8999;
  return String(1000 + sum);
}
