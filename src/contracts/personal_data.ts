/**
 * Personal data in other people's words: what a carrier says of a request may repeat a name or a
 * street, and what is kept of it should not.
 *
 * @module
 */

/** What of an address names a person; city and postal code tell what is wrong, and nobody's name. */
const personal = [
  "name",
  "attention_name",
  "phone",
  "email",
  "address_line1",
  "address_line2",
  "address_line3",
];

/** Where somebody lives: for those who need no hint of what is wrong. */
const places = ["city", "postal_code"];

/** What stands for what was taken out. */
const mask = "…";

/**
 * Makes what takes the personal data of addresses, and bearer tokens, out of a text.
 *
 * @param addresses The addresses of a request, as sent.
 * @param what Whether cities and postal codes are taken out too.
 * @returns The function; it minds no upper and lower case.
 */
export function hiderOf(
  addresses: readonly unknown[],
  what: "people" | "people and places" = "people",
): (text: string) => string {
  const fields = what === "people" ? personal : [...personal, ...places];
  const values = addresses
    .flatMap((address) => fields.map((field) => Reflect.get(Object(address), field)))
    .filter((value) => typeof value === "string" && value.trim().length > 2)
    .map((value) => String(value).trim())
    // The longest first: a street may be the beginning of another line.
    .sort((left, right) => right.length - left.length);
  const patterns = values.map((value) => RegExp.escape(value));
  const pattern = new RegExp([...patterns, "(?<=bearer\\s+)\\S+"].join("|"), "gi");
  return (text) => text.replace(pattern, mask);
}
