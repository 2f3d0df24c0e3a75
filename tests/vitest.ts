/**
 * The part of vitest that our tests use, on top of `Deno.test`: each `it` is one Deno test, so that
 * counts and `--filter` mean what they say. Vitest itself resolves the real module instead.
 *
 * @module
 */
import { expect } from "expect";
export { expect };

type Spread<T> = T extends readonly unknown[] ? T : [T];

type Hook = () => void | Promise<void>;

interface Suite {
  path: readonly string[];
  parent: Suite | undefined;
  beforeAll: Hook[];
  afterAll: Hook[];
  beforeEach: Hook[];
  afterEach: Hook[];
  started: boolean;
  /** Tests in here and below that have not run yet. */
  waiting: number;
}

let current: Suite = newSuite(undefined, []);

/** A group of tests. */
export function describe(name: string, body: () => void): void {
  const suite = newSuite(current, [...current.path, name]);
  const outer = current;
  current = suite;
  try {
    body();
  } finally {
    current = outer;
  }
}

/** One group for each value; `%s` in the name is the value, or the first of an array of them. */
describe.each =
  <T>(values: readonly T[]) => (name: string, body: (...value: Spread<T>) => void): void => {
    for (const value of values) {
      const args = spread(value);
      describe(name.replace("%s", String(args[0])), () => body(...args));
    }
  };

/** One test. A leak of resources or operations is the suite's to check where it matters. */
export function it(name: string, body: () => void | Promise<void>, _timeoutMs?: number): void {
  const suite = current;
  const chain = chainOf(suite);
  for (const each of chain) each.waiting++;
  Deno.test({
    name: [...suite.path, name].join(" > "),
    sanitizeOps: false,
    sanitizeResources: false,
    sanitizeExit: false,
    async fn() {
      try {
        for (const each of chain) {
          if (each.started) continue;
          each.started = true;
          for (const hook of each.beforeAll) await hook();
        }
        for (const each of chain) for (const hook of each.beforeEach) await hook();
        try {
          await body();
        } finally {
          for (const each of chain.toReversed()) {
            for (const hook of each.afterEach.toReversed()) await hook();
          }
        }
      } finally {
        for (const each of chain.toReversed()) {
          if (--each.waiting === 0) { for (const hook of each.afterAll.toReversed()) await hook(); }
        }
      }
    },
  });
}

/** A test that is not run; it is shown with its name. */
it.skip = (name: string, _body: () => void): void => {
  Deno.test({ name: [...current.path, name].join(" > "), ignore: true, fn: () => {} });
};

/** One test for each value; `%s` in the name is the value, or the first of an array of them. */
it.each = <T>(values: readonly T[]) =>
(
  name: string,
  body: (...value: Spread<T>) => void | Promise<void>,
  timeoutMs?: number,
): void => {
  for (const value of values) {
    const args = spread(value);
    it(name.replace("%s", String(args[0])), () => body(...args), timeoutMs);
  }
};

/** Runs once before the first test of the group. */
export function beforeAll(hook: Hook, _timeoutMs?: number): void {
  current.beforeAll.push(hook);
}

/** Runs once after the last test of the group. */
export function afterAll(hook: Hook, _timeoutMs?: number): void {
  current.afterAll.push(hook);
}

/** Runs before each test of the group. */
export function beforeEach(hook: Hook): void {
  current.beforeEach.push(hook);
}

/** Runs after each test of the group. */
export function afterEach(hook: Hook): void {
  current.afterEach.push(hook);
}

/** An array is the arguments, as vitest has it; anything else is the only one. */
function spread<T>(value: T): Spread<T>;
function spread(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function newSuite(parent: Suite | undefined, path: readonly string[]): Suite {
  return {
    path,
    parent,
    beforeAll: [],
    afterAll: [],
    beforeEach: [],
    afterEach: [],
    started: false,
    waiting: 0,
  };
}

/** The suite and those around it, outermost first. */
function chainOf(suite: Suite): Suite[] {
  return suite.parent ? [...chainOf(suite.parent), suite] : [suite];
}
