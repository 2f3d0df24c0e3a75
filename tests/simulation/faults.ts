/**
 * Which fault happens where: drawn from a seed, or read from a list, as when a failure is replayed.
 *
 * @module
 */
import { draw } from "./draw.ts";

/** A fault that happened, or is to happen. */
export interface Fault {
  /** Where: a point of the program, such as `buy job-1/7.1`, and which time it was reached. */
  readonly at: string;
  /** What, such as `lost_after_sale`. */
  readonly what: string;
}

/** How often each kind of fault happens at a point, in ten thousand. */
export type Odds<Kind extends string> = Readonly<Record<Kind, number>>;

/** Decides about faults. */
export class FaultPlan {
  /** What has happened so far, in order. */
  readonly met: Fault[] = [];
  /** Set to let nothing happen any more. */
  isCalm = false;
  readonly #times = new Map<string, number>();
  readonly #choose: (at: string, odds: Odds<string>) => string | undefined;

  constructor(choose: (at: string, odds: Odds<string>) => string | undefined) {
    this.#choose = choose;
  }

  /** By chance. */
  static drawn(seed: number, intensity: number): FaultPlan {
    return new FaultPlan((at, odds) => {
      let left = draw(seed, at) * 10_000 / intensity;
      for (const [kind, share] of Object.entries(odds)) {
        left -= share;
        if (left < 0) return kind;
      }
    });
  }

  /** Those of a list, and no others. */
  static listed(faults: readonly Fault[]): FaultPlan {
    const listed = new Map(faults.map(({ at, what }) => [at, what]));
    return new FaultPlan((at) => listed.get(at));
  }

  /**
   * What happens at a point, now that it is reached.
   *
   * @param point The point.
   * @param odds What may happen there.
   * @returns The kind of fault; mostly none.
   */
  at<Kind extends string>(point: string, odds: Odds<Kind>): Kind | undefined {
    const times = (this.#times.get(point) ?? 0) + 1;
    this.#times.set(point, times);
    if (this.isCalm) return undefined;
    const at = `${point} #${times}`;
    const what = this.#choose(at, odds);
    if (what === undefined || !isKindOf(odds, what)) return undefined;
    this.met.push({ at, what });
    return what;
  }
}

function isKindOf<Kind extends string>(odds: Odds<Kind>, what: string): what is Kind {
  return Object.hasOwn(odds, what);
}
