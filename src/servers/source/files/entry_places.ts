/**
 * Where in the journal the entries of each row are: some forty bytes of memory a row.
 *
 * @module
 */

/** The places of entries. */
export interface EntryPlaces {
  /** Notes one more entry of a row. */
  add(row: number, offset: number): void;
  /** Where the entries of a row are, the newest first. */
  of(row: number): readonly number[];
  /** The rows that have entries, in order. */
  rows(): Iterable<number>;
  /** How many rows have entries. */
  count(): number;
}

/**
 * Makes an empty list of places.
 *
 * @returns The list.
 */
export function entryPlaces(): EntryPlaces {
  // Nearly every row has one entry.
  const places = new Map<number, number | number[]>();
  let last = 0;
  let isSorted = true;
  return {
    add(row, offset) {
      const known = places.get(row);
      if (known === undefined) {
        isSorted &&= row > last;
        last = row;
        places.set(row, offset);
      } else if (typeof known === "number") places.set(row, [offset, known]);
      else known.unshift(offset);
    },
    of(row) {
      const known = places.get(row);
      return known === undefined ? [] : typeof known === "number" ? [known] : known;
    },
    rows: () => isSorted ? places.keys() : Float64Array.from(places.keys()).sort(),
    count: () => places.size,
  };
}
