/**
 * The logistics filters of mapping templates, by the names that templates use.
 *
 * @module
 */
import { formatUsZip, truncateAddress } from "./filters/address.ts";
import { toUpsDate } from "./filters/date.ts";
import { defaultValue } from "./filters/default_value.ts";
import { splitName } from "./filters/name.ts";
import { toUpsPhone } from "./filters/phone.ts";
import { lookupServiceCode } from "./filters/service_code.ts";
import { convertWeight, roundWeight } from "./filters/weight.ts";

/** A filter and the names of its settings, which a template may give by name. */
export interface LogisticsFilter {
  /** The function; its first argument is the value. */
  apply: (value: unknown, ...settings: unknown[]) => unknown;
  /** The settings, in order. */
  settings: readonly string[];
}

/** Every filter by its name in a template. */
export const logisticsFilters: Readonly<Record<string, LogisticsFilter>> = {
  truncate_address: { apply: truncateAddress, settings: ["max_length"] },
  format_us_zip: { apply: formatUsZip, settings: [] },
  round_weight: { apply: roundWeight, settings: ["decimals"] },
  convert_weight: { apply: convertWeight, settings: ["from_unit", "to_unit"] },
  lookup_service_code: { apply: lookupServiceCode, settings: [] },
  to_ups_date: { apply: toUpsDate, settings: [] },
  to_ups_phone: { apply: toUpsPhone, settings: ["country"] },
  default_value: { apply: defaultValue, settings: ["default"] },
  split_name: { apply: splitName, settings: ["part"] },
};
