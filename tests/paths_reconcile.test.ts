/**
 * Model-based tests of the reconcile machine, as those of the row machine (`paths_row`): paths from
 * `xstate/graph`, the real actors, a carrier in this process that answers look-ups as the path says.
 * `paths/reconcile_alphabet.ts` is the alphabet.
 *
 * Shortest paths lead to every state over every last step, from every beginning; simple paths are all
 * those of a question that ends without a fault of our own side, from the first beginning.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import { reconcileMachine } from "../src/machines/reconcile.ts";
import { Coverage } from "./paths/coverage.ts";
import { type ModelPath, pathsOf } from "./paths/model.ts";
import { openStage, type Stage } from "./paths/real_job.ts";
import { reconcileAlphabet } from "./paths/reconcile_alphabet.ts";
import {
  beginnings,
  keyOf,
  meaningOf,
  promises,
  type ReconcileBeginning,
} from "./paths/reconcile_stories.ts";
import { expectVisited, patienceMs, storyOf } from "./paths/stories.ts";
import { walkAll } from "./paths/walk.ts";

const model = { machine: reconcileMachine, silent: [], alphabet: reconcileAlphabet, keyOf };
const coverage = new Coverage(reconcileMachine);
/** Signals, faults of our own side, and answers that end a question at once. */
const rare =
  /database|breaks|given up|for long|row\.stop|test environ|no such tool|voided|another row/;

describe("reconcile machine in the real world", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function go(
    beginning: ReconcileBeginning,
    paths: readonly ModelPath[],
  ): Promise<void> {
    const begin = async () => {
      const { job, input } = await beginning.make(stage);
      const machine = job.machineOf("row", "reconcile");
      return await storyOf(stage, job, { machine, input });
    };
    await walkAll({ model, beginning, coverages: [coverage], meaningOf, promises, begin }, paths);
  }

  for (const beginning of beginnings) {
    it(`goes where the model goes: ${beginning.name}`, async () => {
      await go(beginning, pathsOf(model, beginning, "shortest"));
    }, patienceMs);
  }

  it("goes where the model goes, on all simple paths without faults of ours", async () => {
    const [beginning] = beginnings;
    if (!beginning) throw new TypeError("Cannot begin: there is no beginning");
    await go(beginning, pathsOf(model, { ...beginning, without: rare }, "simple"));
  }, patienceMs);

  it("has visited every state, transition and guard outcome", () => expectVisited(coverage));
});
