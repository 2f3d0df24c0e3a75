/**
 * UPS's services: which ones are supported, on which lanes, and which ones are not and why.
 *
 * @module
 */
import type { Lane } from "./lane.ts";

/** The services that can be bought here. */
const supported: ReadonlyMap<string, string> = new Map(Object.entries({
  "01": "Next Day Air",
  "02": "2nd Day Air",
  "03": "Ground",
  "07": "Worldwide Express",
  "08": "Worldwide Expedited",
  "11": "Standard",
  "12": "3 Day Select",
  "13": "Next Day Air Saver",
  "14": "Next Day Air Early",
  "17": "Worldwide Economy DDU",
  "54": "Worldwide Express Plus",
  "59": "2nd Day Air A.M.",
  "65": "Worldwide Saver",
  "72": "Worldwide Economy DDP",
  "74": "Express 12:00",
  "75": "Heavy Goods",
}));

/** The others, whose labels, numbers or look-ups follow rules of their own. */
const refused: ReadonlyMap<string, string> = new Map(Object.entries({
  "70": "Access Point Economy",
  "71": "Worldwide Express Freight Midday",
  "96": "Worldwide Express Freight",
  "M2": "First-Class Mail",
  "M3": "Priority Mail",
  "M4": "Mail Innovations Expedited",
  "M5": "Mail Innovations Priority",
  "M6": "Mail Innovations Economy",
  "M7": "Mail Innovations Returns",
  "82": "Today Standard",
  "83": "Today Dedicated Courier",
  "84": "Today Intercity",
  "85": "Today Express",
  "86": "Today Express Saver",
  "C6": "Roadie",
  "C7": "Roadie",
  "C8": "Roadie",
  "T0": "Trade Direct",
  "T1": "Trade Direct",
}));

/** Why a family of services is refused. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^70$/, "it needs an access point, which an order does not name"],
  [/^(71|96)$/, "it is freight"],
  [/^M/, "its packages travel by post, and cannot be found by our reference"],
  [/^8/, "it is a courier's, with pick-up times that an order does not name"],
  [/^C/, "its numbers cannot be found by our reference"],
  [/^T/, "it ships to many receivers at once"],
];

const withinUs: ReadonlySet<string> = new Set(["01", "02", "03", "12", "13", "14", "59"]);
const americanLetters: ReadonlySet<string> = new Set(["US", "PR", "CA"]);

/**
 * What UPS calls a service.
 *
 * @param code Its code.
 * @returns The name, or `undefined` if nobody knows it.
 */
export function serviceName(code: string): string | undefined {
  return supported.get(code) ?? refused.get(code.toUpperCase());
}

/**
 * Why a service cannot be bought on a lane.
 *
 * @param code Its code.
 * @param lane The lane.
 * @returns The reason, with the service's name; `undefined` if it may be bought. A code that nobody
 * here knows may: UPS refuses what it does not know either.
 *
 * @internal
 */
export function whyNotService(code: string, { from, to }: Lane): string | undefined {
  const name = serviceName(code);
  if (name === undefined) return undefined;
  const called = `UPS ${name} (${code})`;
  // UPS may take small letters as well.
  const written = code.toUpperCase();
  if (refused.has(written)) {
    const [, reason = "it follows rules of its own"] = reasons.find(([at]) => at.test(written)) ??
      [];
    return `${called} is not supported: ${reason}`;
  }
  const where = from === to ? `within ${from}` : `from ${from} to ${to}`;
  return isOffered(code, from, to) ? undefined : `${called} is not offered ${where}`;
}

/** Only where it is certain: what else is offered on a lane, UPS itself says. */
function isOffered(code: string, from: string, to: string): boolean {
  if (from === "US" && to === "US") return withinUs.has(code);
  if (!americanLetters.has(from)) return !withinUs.has(code);
  if (from !== "US" || to === "PR") return true;
  if (code === "11") return to === "CA" || to === "MX";
  return code === "12" ? to === "CA" : !withinUs.has(code);
}
