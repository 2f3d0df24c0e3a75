/**
 * What a person should know of an address, by the carrier's own look at it: that it is written
 * otherwise, stands for several, or is not known.
 *
 * @module
 */
import type { z } from "zod";
import type { Address } from "../contracts/address.ts";
import {
  type AddressAnswer,
  addressValidateAnswerSchema,
  type candidateSchema,
} from "../contracts/questions.ts";

type Candidate = z.infer<typeof candidateSchema>;

/** Words that the carrier abbreviates: no correction (USPS Publication 28, appendices B and C). */
const abbreviations: Readonly<Record<string, string>> = {
  ...{ STREET: "ST", AVENUE: "AVE", AV: "AVE", ROAD: "RD", DRIVE: "DR", LANE: "LN", COURT: "CT" },
  ...{ PLACE: "PL", BOULEVARD: "BLVD", HIGHWAY: "HWY", PARKWAY: "PKWY", SQUARE: "SQ" },
  ...{ TERRACE: "TER", CIRCLE: "CIR", TRAIL: "TRL", SUITE: "STE", APARTMENT: "APT" },
  ...{ FLOOR: "FL", BUILDING: "BLDG", ROOM: "RM", DEPARTMENT: "DEPT", NUMBER: "NO" },
  ...{ NORTH: "N", SOUTH: "S", EAST: "E", WEST: "W", NORTHEAST: "NE", NORTHWEST: "NW" },
  ...{ SOUTHEAST: "SE", SOUTHWEST: "SW", FORT: "FT", MOUNT: "MT", SAINT: "ST" },
};

/** How many candidates are told. */
const toldCandidates = 3;

/**
 * What to tell of an address.
 *
 * @param address The address as it would be sent.
 * @param answer The carrier's answer to `address_validate`.
 * @returns Warnings; none if the carrier has nothing to say, or what it says cannot be read.
 *
 * @internal
 */
export function addressAdvice(address: Address, answer: unknown): string[] {
  const read = addressValidateAnswerSchema.safeParse(answer);
  return read.success
    ? [...statusAdvice(address, read.data), ...homeAdvice(address, read.data)]
    : [];
}

function statusAdvice(address: Address, { status, candidates }: AddressAnswer): string[] {
  const told = candidates.slice(0, toldCandidates).map(inOneLine);
  const [first] = candidates;
  switch (status) {
    case "valid":
      return first && !isSame(address, first)
        ? [`the carrier writes the address: ${inOneLine(first)}`]
        : [];
    case "ambiguous":
      return [
        told.length > 0
          ? `the address stands for several: ${told.join(" | ")}`
          : "the address stands for several",
      ];
    case "invalid":
      return ["the carrier does not know this address"];
    case "unavailable":
      return [];
    default:
      return status satisfies never;
  }
}

/** A home costs more, and the bill comes all the same. */
function homeAdvice({ residential }: Address, { classification }: AddressAnswer): string[] {
  const isMissed = classification === "residential" && residential === false;
  return isMissed ? ["the carrier takes the address for a home: it bills a surcharge"] : [];
}

/** Upper and lower case, marks, abbreviations and the last four digits of a ZIP are no correction. */
function isSame(address: Address, candidate: Candidate): boolean {
  return plain(address) === plain(candidate);
}

function plain(address: Address | Candidate): string {
  const { city, state_province_code: state, postal_code: postal = "" } = address;
  const [zip = ""] = postal.split("-");
  const text = [...linesOf(address), city, state, zip.slice(0, 5)].join(" ").toUpperCase()
    .normalize("NFD").replace(/\p{M}/gu, "");
  return text.replace(/[^A-Z0-9]+/g, " ").trim().split(" ")
    .map((word) => abbreviations[word] ?? word).join(" ");
}

function inOneLine(candidate: Candidate): string {
  const { city = "", state_province_code: state = "", postal_code: postal = "" } = candidate;
  return `${linesOf(candidate).join(", ")}, ${city} ${state} ${postal}`.trim();
}

function linesOf({ address_line1, address_line2, address_line3 }: Address | Candidate): string[] {
  return [address_line1, address_line2, address_line3]
    .flatMap((line) => line === undefined || line.trim() === "" ? [] : [line.trim()]);
}
