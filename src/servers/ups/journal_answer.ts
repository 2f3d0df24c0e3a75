/**
 * An answer as the journal keeps it: without personal data. Numbers, paths, codes and charges are
 * ours or UPS's; what UPS says in words may repeat a name or an address, so those words are struck
 * out.
 *
 * @module
 */
import type { Address, ShippingAnswer, ShippingCreate } from "../../contracts/carrier.ts";

/**
 * An answer without what its request says of people.
 *
 * @param answer The answer.
 * @param request The request.
 * @returns What may be kept.
 *
 * @internal
 */
export function journalAnswer(answer: ShippingAnswer, request: ShippingCreate): ShippingAnswer {
  // A plain purchase has no words in it.
  if (!answer.errors && !answer.alerts) return answer;
  const strike = strikerOf([request.shipper, request.ship_to]);
  const errors = answer.errors?.map(({ code, message }) => ({ code, message: strike(message) }));
  const alerts = answer.alerts?.map(({ code, description }) =>
    description === undefined ? { code } : { code, description: strike(description) }
  );
  return { ...answer, ...(errors ? { errors } : {}), ...(alerts ? { alerts } : {}) };
}

function strikerOf(addresses: readonly Address[]): (text: string) => string {
  const words = addresses.flatMap((address) => Object.values(address))
    // Shorter ones (a country, a state) tell nothing, and would make gaps in other words.
    .filter((value) => typeof value === "string").filter((value) => value.trim().length > 3)
    // The longest first, so that no half of one is left.
    .sort((one, other) => other.length - one.length);
  return (text) => words.reduce((left, word) => left.replaceAll(word, "…"), text);
}
