/**
 * Which state a ZIP code lies in, by its first three digits. The ranges are facts of the United
 * States Postal Service, written down by hand; a few prefixes serve two states.
 *
 * @module
 */

/** State by state: single prefixes and ranges. */
const prefixes =
  "AL 350-369,AK 995-999,AZ 850-865,AR 716-729 755,CA 900-961,CO 800-816,CT 060-069,DC 200-205 569," +
  "DE 197-199,FL 320-339 341-342 344-349,GA 300-319 398-399,HI 967-968,IA 500-528,ID 832-838," +
  "IL 600-629,IN 460-479,KS 660-679,KY 400-427,LA 700-714,MA 010-027 055,MD 206-219,ME 039-049," +
  "MI 480-499,MN 550-567,MO 630-658,MS 386-397,MT 590-599,NC 270-289,ND 580-588,NE 680-693," +
  "NH 030-038,NJ 070-089,NM 870-884,NV 889-898,NY 005 063 100-149,OH 430-459,OK 730-732 734-749," +
  "OR 970-979,PA 150-196,PR 006-007 009,RI 028-029,SC 290-299,SD 570-577,TN 370-385," +
  "TX 733 750-799 885,UT 840-847,VA 201 220-246,VI 008,VT 050-054 056-059,WA 980-994,WI 530-549," +
  "WV 247-268,WY 820-831 834,GU 969,AS 967,MP 969,PW 969,FM 969,MH 969,AA 340,AE 090-099,AP 962-966";

const statesOfPrefix = new Map<string, string[]>();
for (const entry of prefixes.split(",")) {
  const [state = "", ...ranges] = entry.split(" ");
  for (const range of ranges) {
    const [first = "", last = first] = range.split("-");
    for (let prefix = Number(first); prefix <= Number(last); prefix++) {
      const name = String(prefix).padStart(3, "0");
      statesOfPrefix.set(name, [...(statesOfPrefix.get(name) ?? []), state]);
    }
  }
}

/**
 * The states that a ZIP code may lie in.
 *
 * @param zip The ZIP code.
 * @returns Their two letters; none if there is no such ZIP code.
 */
export function statesOfZip(zip: string): readonly string[] {
  return statesOfPrefix.get(zip.slice(0, 3)) ?? [];
}
