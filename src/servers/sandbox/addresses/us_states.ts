/**
 * The two-letter codes that the United States Postal Service gives to states, territories, freely
 * associated states and the military.
 *
 * @module
 */
const codes =
  "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV " +
  "NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY " +
  "DC AS GU MP PR VI UM FM MH PW AA AE AP";

/** Every code that an address in the US may have as its state. */
export const usStates: ReadonlySet<string> = new Set(codes.split(" "));
