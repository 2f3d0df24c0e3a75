/**
 * What may be done with a batch, for fast-check: steps that print as the lines of a script.
 *
 * @module
 */
import fc from "fast-check";
import { Play } from "./play.ts";
import { Reference, type Trouble } from "./reference.ts";

/** The most orders of a batch. */
const mostRows = 8;

const troubles: readonly Trouble[] = [
  ...["refuse", "busy", "stop", "rival", "clock_forward", "clock_back", "outage"] as const,
  ...["lose_sold", "lose_unsold", "lose_untold_sold", "lose_untold_unsold"] as const,
  ...["kill_unsent", "kill_sold", "kill_recorded", "kill_written"] as const,
];

/** The orders of a batch, most of them with something that goes wrong at first. */
const ordersArbitrary = fc.array(
  fc.option(fc.constantFrom(...troubles), { nil: undefined, freq: 3 }),
  { minLength: 1, maxLength: mostRows, size: "max" },
);

/** One thing that is done. */
class Step implements fc.AsyncCommand<Reference, Play> {
  readonly #text: string;
  readonly #may: (reference: Readonly<Reference>) => boolean;
  readonly #run: (play: Play) => Promise<void>;

  constructor(
    text: string,
    run: (play: Play) => Promise<void>,
    may: (reference: Readonly<Reference>) => boolean = () => true,
  ) {
    this.#text = text;
    this.#run = run;
    this.#may = may;
  }

  check(reference: Readonly<Reference>): boolean {
    return this.#may(reference);
  }

  async run(_: Reference, play: Play): Promise<void> {
    await this.#run(play);
  }

  toString(): string {
    return `await play.${this.#text};`;
  }
}

const row = fc.integer({ min: 1, max: mostRows });

/** Whether a row stands so. */
function is(
  reference: Readonly<Reference>,
  rowNumber: number,
  ...statuses: readonly string[]
): boolean {
  return statuses.includes(reference.rows[rowNumber - 1]?.status ?? "");
}

const steps = [
  {
    weight: 10,
    arbitrary: fc.tuple(row, fc.constantFrom(...troubles)).map(([rowNumber, trouble]) =>
      new Step(
        `trouble(${rowNumber}, "${trouble}")`,
        (play) => play.trouble(rowNumber, trouble),
        (reference) => is(reference, rowNumber, "pending", "in_flight", "failed", "shipped"),
      )
    ),
  },
  { weight: 10, arbitrary: fc.constant(new Step("run()", (play) => play.run())) },
  { weight: 1, arbitrary: fc.constant(new Step("pause()", (play) => play.pause())) },
  { weight: 1, arbitrary: fc.constant(new Step("cancel()", (play) => play.cancel())) },
  { weight: 4, arbitrary: fc.constant(new Step("retry()", (play) => play.retry())) },
  {
    weight: 3,
    arbitrary: fc.tuple(row, fc.constantFrom("adopt", "reship", "skip")).map(([number, decision]) =>
      new Step(
        `resolve(${number}, "${decision}")`,
        (play) => play.resolve(number, decision),
        (reference) => is(reference, number, "needs_review", "failed", "completed", "in_flight"),
      )
    ),
  },
  {
    weight: 2,
    arbitrary: row.map((number) =>
      new Step(
        `edit(${number})`,
        (play) => play.edit(number),
        (reference) => is(reference, number, "pending", "failed"),
      )
    ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map((isBroken) =>
      new Step(
        `breakSource(${isBroken})`,
        (play) => play.breakSource(isBroken),
        (reference) => reference.isSourceBroken !== isBroken,
      )
    ),
  },
];

/** A batch that differs from what it should be. */
export interface Counterexample {
  /** The difference. */
  readonly error: string;
  /** A script that shows it. */
  readonly script: string;
}

/** What was tried. */
export interface Tried {
  /** How many sequences. */
  readonly runs: number;
  /** The seed. */
  readonly seed: number;
  /** How often each thing was done, by the first word of its line. */
  readonly done: ReadonlyMap<string, number>;
  /** The smallest sequence that fails, if one does. */
  readonly counterexample: Counterexample | undefined;
}

/** How sequences are tried. */
export interface TryOptions {
  /** How many. */
  readonly runs: number;
  /** Which. */
  readonly seed: number;
  /** Told of each. */
  readonly onRun?: (() => void) | undefined;
  /** What should be, for so many orders. */
  readonly referenceOf?: ((rows: number) => Reference) | undefined;
}

/**
 * Tries sequences, and makes the first one that fails as small as it can be.
 *
 * @param options How many, and which.
 * @returns What was tried.
 */
export async function tryPlays(
  { runs, seed, onRun = () => {}, referenceOf = (rows) => new Reference(rows) }: TryOptions,
): Promise<Tried> {
  const done = new Map<string, number>();
  const commands = fc.commands(
    steps.flatMap(({ weight, arbitrary }) => Array.from({ length: weight }, () => arbitrary)),
    { maxCommands: 40, size: "max", disableReplayLog: true },
  );
  const property = fc.asyncProperty(
    ordersArbitrary,
    commands,
    async (orders, sequence) => {
      const play = await Play.begin(orders.length, referenceOf(orders.length));
      try {
        for (const [at, trouble] of orders.entries()) {
          if (trouble !== undefined) await play.trouble(at + 1, trouble);
        }
        await fc.asyncModelRun(() => ({ model: play.reference, real: play }), sequence);
      } finally {
        await play.close();
      }
      for (const line of [...troublesOf(orders), ...linesOf(sequence)]) {
        const word = line.replace(/^await play\./, "").replace(/\d+(, )?/, "");
        done.set(word, (done.get(word) ?? 0) + 1);
      }
      onRun();
    },
  );
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    numRuns: runs,
    seed,
  });
  if (!failed || !counterexample) return { runs, seed, done, counterexample: undefined };
  const [orders, sequence] = counterexample;
  const script = scriptOf(orders, linesOf(sequence));
  const error = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { runs, seed, done, counterexample: { error, script } };
}

/** Those that were done, as fast-check prints them. */
function linesOf(sequence: Iterable<fc.AsyncCommand<Reference, Play>>): string[] {
  const text = String(sequence);
  return text.split(/(?<=;),/).filter((line) => line.startsWith("await"));
}

function troublesOf(orders: readonly (Trouble | undefined)[]): string[] {
  return orders.flatMap((trouble, at) =>
    trouble === undefined ? [] : [`await play.trouble(${at + 1}, "${trouble}");`]
  );
}

function scriptOf(
  orders: readonly (Trouble | undefined)[],
  lines: readonly string[],
): string {
  return [
    `import { Play } from "${new URL("play.ts", import.meta.url).href}";`,
    "",
    `const play = await Play.begin(${orders.length});`,
    ...troublesOf(orders),
    ...lines,
    "await play.close();",
    "",
  ].join("\n");
}
