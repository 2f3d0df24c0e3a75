/**
 * The ISO 3166 numbers of countries, as far as parcels often go there: MaxiCodes and postal barcodes
 * name a country by its number.
 *
 * @module
 */
const numbers: Readonly<Record<string, string>> = {
  ...{ AE: "784", AR: "032", AT: "040", AU: "036", BE: "056", BR: "076", CA: "124", CH: "756" },
  ...{ CL: "152", CN: "156", CO: "170", CZ: "203", DE: "276", DK: "208", ES: "724", FI: "246" },
  ...{ FR: "250", GB: "826", GR: "300", HK: "344", HU: "348", IE: "372", IL: "376", IN: "356" },
  ...{ IT: "380", JP: "392", KR: "410", MX: "484", MY: "458", NL: "528", NO: "578", NZ: "554" },
  ...{ PH: "608", PL: "616", PT: "620", RO: "642", SE: "752", SG: "702", TH: "764", TR: "792" },
  ...{ TW: "158", UA: "804", US: "840", VN: "704", ZA: "710" },
};

/**
 * The number of a country.
 *
 * @param country Its two letters.
 * @returns Its three digits; `000` if it is not in our list.
 */
export function countryNumber(country: string): string {
  return Object.hasOwn(numbers, country) ? numbers[country] ?? "000" : "000";
}
