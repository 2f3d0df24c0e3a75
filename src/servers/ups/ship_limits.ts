/**
 * What UPS would refuse or, worse, cut short: found before anything is sent. Limits by the UPS
 * Shipping API, `Shipping.yaml`.
 *
 * @module
 */
import type { Address } from "../../contracts/address.ts";
import type { ShippingCreate } from "../../contracts/carrier.ts";

/**
 * Checks the limits of a request.
 *
 * @param request The request.
 * @returns What is beyond them, in words, with the field; empty if nothing is.
 *
 * @internal
 */
export function beyondLimits(request: ShippingCreate): string[] {
  const issues = [
    ...checkAddress("shipper", request.shipper),
    ...checkAddress("ship_to", request.ship_to),
    ...checkLength("order_reference", request.order_reference, 35),
  ];
  if (request.international !== undefined) {
    issues.push("international: customs data is not supported yet");
  }
  request.packages.forEach(({ weight, length, width, height, description }, at) => {
    const given = [length, width, height].filter((side) => side !== undefined).length;
    issues.push(...checkLength(`packages.${at}.description`, description, 35));
    if (given === 1 || given === 2) {
      issues.push(`packages.${at}: length, width and height belong together`);
    }
    if (weightText(weight).length > 5) issues.push(`packages.${at}.weight: too large`);
    for (const [name, side] of Object.entries({ length, width, height })) {
      if ((side ?? 0) > 999) issues.push(`packages.${at}.${name}: too large`);
    }
  });
  return issues;
}

/**
 * A weight as UPS takes it: at most five characters. What does not fit is rounded up to tenths.
 *
 * @param weight The weight.
 * @returns Such as `2.5`.
 */
export function weightText(weight: number): string {
  const exact = String(weight);
  return exact.length <= 5 && !exact.includes("e") ? exact : String(Math.ceil(weight * 10) / 10);
}

function checkAddress(field: string, address: Address): string[] {
  return [
    ...checkLength(`${field}.name`, address.name, 35),
    ...checkLength(`${field}.attention_name`, address.attention_name, 35),
    ...checkLength(`${field}.address_line1`, address.address_line1, 35),
    ...checkLength(`${field}.address_line2`, address.address_line2, 35),
    ...checkLength(`${field}.address_line3`, address.address_line3, 35),
    ...checkLength(`${field}.city`, address.city, 30),
    ...checkLength(`${field}.email`, address.email, 50),
  ];
}

function checkLength(field: string, text: string | undefined, limit: number): string[] {
  const length = text?.length ?? 0;
  return length > limit ? [`${field}: ${length} characters, UPS takes ${limit}`] : [];
}
