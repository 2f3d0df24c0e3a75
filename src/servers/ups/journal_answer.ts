/**
 * An answer as the journal keeps it: without personal data. Numbers, paths, codes and charges are
 * ours or UPS's; what UPS says in words may repeat a name or an address, so those words are struck
 * out.
 *
 * @module
 */
import type { ShippingAnswer, ShippingCreate } from "../../contracts/carrier.ts";
import { hiderOf } from "../../contracts/personal_data.ts";

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
  const strike = hiderOf([request.shipper, request.ship_to], "people and places");
  const errors = answer.errors?.map((fault) => ({
    ...fault,
    message: strike(fault.message),
  }));
  const alerts = answer.alerts?.map(({ code, description }) =>
    description === undefined ? { code } : { code, description: strike(description) }
  );
  return { ...answer, ...(errors ? { errors } : {}), ...(alerts ? { alerts } : {}) };
}
