/**
 * Street words as the United States Postal Service abbreviates them.
 *
 * @module
 */
const words: Readonly<Record<string, string>> = {
  ...{ ALLEY: "ALY", AVENUE: "AVE", AV: "AVE", BOULEVARD: "BLVD", CENTER: "CTR", CIRCLE: "CIR" },
  ...{ COURT: "CT", COVE: "CV", CROSSING: "XING", DRIVE: "DR", EXPRESSWAY: "EXPY", FREEWAY: "FWY" },
  ...{ HEIGHTS: "HTS", HIGHWAY: "HWY", JUNCTION: "JCT", LANE: "LN", LOOP: "LOOP", MOUNT: "MT" },
  ...{ PARKWAY: "PKWY", PLACE: "PL", PLAZA: "PLZ", POINT: "PT", RIDGE: "RDG", ROAD: "RD" },
  ...{ ROUTE: "RTE", SQUARE: "SQ", STREET: "ST", STR: "ST", TERRACE: "TER", TRAIL: "TRL" },
  ...{ TURNPIKE: "TPKE", VALLEY: "VLY", VIEW: "VW", WAY: "WAY" },
  ...{ NORTH: "N", SOUTH: "S", EAST: "E", WEST: "W", NORTHEAST: "NE", NORTHWEST: "NW" },
  ...{ SOUTHEAST: "SE", SOUTHWEST: "SW" },
  ...{ APARTMENT: "APT", BUILDING: "BLDG", DEPARTMENT: "DEPT", FLOOR: "FL", HANGAR: "HNGR" },
  ...{ OFFICE: "OFC", ROOM: "RM", SUITE: "STE", TRAILER: "TRLR" },
};

/**
 * A line of an address as UPS writes it: upper case, no marks, no accents, words abbreviated.
 *
 * @param line The line.
 * @returns The line, empty if there is nothing in it.
 */
export function standardLine(line: string): string {
  const plain = line.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase();
  return plain.replace(/[^A-Z0-9#/&' -]/g, " ").split(/\s+/).filter((word) => word !== "")
    .map((word) => Object.hasOwn(words, word) ? words[word] ?? word : word).join(" ");
}
