/**
 * The filter that turns a service's name into UPS's code.
 *
 * @module
 */
import { nearest } from "../nearest.ts";
import { cellText, FilterError, withoutFloatTail } from "./filter_error.ts";

/** UPS Shipping API, `Service.Code`, and what people call each; the first is the full name. */
const services: Readonly<Record<string, readonly string[]>> = {
  "01": ["Next Day Air", "next day", "overnight", "1 day", "one day", "1 day air", "nda"],
  "02": [
    "2nd Day Air",
    "2nd day",
    "2 day",
    "2 day air",
    "second day",
    "second day air",
    "two day",
    "two day air",
  ],
  "03": ["Ground", "ground service"],
  "07": ["Worldwide Express", "ww express"],
  "08": ["Worldwide Expedited", "expedited", "ww expedited"],
  "11": ["UPS Standard", "standard canada", "standard mexico", "standard europe"],
  "12": ["3 Day Select", "3 day", "three day", "three day select", "3rd day", "3rd day select"],
  "13": ["Next Day Air Saver", "saver", "next day saver", "overnight saver", "nda saver"],
  "14": [
    "Next Day Air Early",
    "next day air early am",
    "next day early",
    "early am",
    "overnight early",
  ],
  "17": ["Worldwide Economy DDU", "economy ddu", "ww economy ddu"],
  "54": ["Worldwide Express Plus", "express plus", "ww express plus"],
  "59": ["2nd Day Air A.M.", "2 day am", "2 day air am", "2nd day am", "second day air am"],
  "65": ["Worldwide Saver", "worldwide express saver", "express saver", "ww saver"],
  "70": ["Access Point Economy"],
  "72": ["Worldwide Economy DDP", "economy ddp", "ww economy ddp"],
  "74": ["Express 12:00", "express 12", "express noon"],
  "75": ["Heavy Goods"],
};

/** Names that mean different services to different people: a wrong guess buys a wrong label. */
const ambiguous: Readonly<Record<string, string>> = {
  standard: 'Write "Ground" (03) or "UPS Standard" (11)',
  express: 'Write "Next Day Air" (01) or "Worldwide Express" (07)',
  economy: 'Write "Worldwide Economy DDU" (17), "Worldwide Economy DDP" (72) or "Access Point' +
    ' Economy" (70)',
};

const codeByName = new Map(
  Object.entries(services).flatMap(([code, names]) => names.map((name) => [fold(name), code])),
);

/**
 * The UPS code of a service, by its name, an everyday name, or the code itself.
 *
 * Capitals, spaces, hyphens and a leading "UPS" do not matter; 3 and "3" are "03". A name that could
 * be two services ("standard", "express") and one that is unknown are refused: the predecessor
 * passed them on.
 *
 * @param value The name or code.
 * @returns Two digits.
 * @throws {FilterError} If it names no service, or more than one.
 * @example lookupServiceCode("2-day") // "02"
 * @example lookupServiceCode(3) // "03"
 */
export function lookupServiceCode(value: unknown): string {
  const text = withoutFloatTail(cellText(value));
  if (text === "") throw new FilterError("it is empty", "Fill in the service");
  const padded = text.padStart(2, "0");
  if (Object.hasOwn(services, padded)) return padded;
  const name = fold(text);
  const plain = name.replace(/^ups/, "");
  const code = codeByName.get(name) ?? codeByName.get(plain);
  if (code !== undefined) return code;
  const choice = Object.hasOwn(ambiguous, plain) ? ambiguous[plain] : undefined;
  if (choice !== undefined) throw new FilterError("it could be more than one service", choice);
  const like = nearest(plain, [...codeByName.keys()]);
  const meant = like === undefined ? undefined : codeByName.get(like);
  throw new FilterError(
    "there is no such service",
    meant === undefined
      ? `Use one of ${Object.entries(services).map(describe).join(", ")}`
      : `Did you mean ${describe([meant, services[meant] ?? []])}?`,
  );
}

/**
 * What a service is called.
 *
 * @param code Its code.
 * @returns The code with the name where it is known, such as `03 Ground`.
 */
export function serviceWords(code: string): string {
  const [name] = Object.hasOwn(services, code) ? services[code] ?? [] : [];
  return name === undefined ? code : `${code} ${name}`;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

function describe([code, names]: [string, readonly string[]]): string {
  return `"${names[0] ?? ""}" (${code})`;
}
