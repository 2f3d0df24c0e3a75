/**
 * Chance by address: what happens at one place of a simulation does not depend on what happened at
 * others, so that a schedule with some faults taken out still is the same elsewhere.
 *
 * @module
 */

/**
 * A number for a seed and an address: FNV-1a, mixed by MurmurHash3's finalizer.
 *
 * @param seed The seed of the simulation.
 * @param address What is drawn for.
 * @returns A number from 0 to 1, always the same one.
 */
export function draw(seed: number, address: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < address.length; at++) {
    hash = Math.imul(hash ^ address.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** A whole number from `least` to `most`. */
export function drawWhole(seed: number, address: string, least: number, most: number): number {
  return least + Math.floor(draw(seed, address) * (most - least + 1));
}

/** One of several. */
export function drawOne<Each>(seed: number, address: string, of: readonly Each[]): Each {
  const one = of[Math.floor(draw(seed, address) * of.length)];
  if (one === undefined) throw new TypeError("Cannot draw one of nothing");
  return one;
}
