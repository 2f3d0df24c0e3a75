/**
 * Model-based tests of the row machine: paths through the machine, from `xstate/graph`, are walked by
 * the real actors in a real database, with a real template worker, a source and a carrier that do what
 * the path says. After each step the database, the trail, the events, the carrier's books and the
 * source are what the model says. `paths/row_alphabet.ts` is the alphabet.
 *
 * Shortest paths lead to every state over every last step, from every beginning; simple paths are all
 * those of two attempts without signals and without faults of our own side, since there would be
 * millions with them.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import { rowMachine } from "../src/machines/row.ts";
import { Coverage } from "./paths/coverage.ts";
import { type ModelPath, pathsOf } from "./paths/model.ts";
import { openStage, type Stage } from "./paths/real_job.ts";
import { rowAlphabet } from "./paths/row_alphabet.ts";
import {
  beginnings,
  keyOf,
  meaningOf,
  ourFaults,
  promises,
  type RowBeginning,
} from "./paths/row_stories.ts";
import { expectVisited, patienceMs, storyOf, withoutAsked } from "./paths/stories.ts";
import { walkAll } from "./paths/walk.ts";

const model = { machine: rowMachine, silent: ["passStop"], alphabet: rowAlphabet, keyOf };
const coverage = new Coverage(rowMachine);

describe("row machine in the real world", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function go(beginning: RowBeginning, paths: readonly ModelPath[]): Promise<void> {
    const begin = async () => {
      const { job, input } = await beginning.make(stage);
      return withoutAsked(await storyOf(stage, job, { machine: job.machineOf("row"), input }));
    };
    await walkAll({ model, beginning, coverages: [coverage], meaningOf, promises, begin }, paths);
  }

  for (const beginning of beginnings) {
    it(`goes where the model goes: ${beginning.name}`, async () => {
      await go(beginning, pathsOf(model, beginning, "shortest"));
    }, patienceMs);
  }

  it("goes where the model goes, on all simple paths of two attempts", async () => {
    const [beginning] = beginnings;
    if (!beginning) throw new TypeError("Cannot begin: there is no beginning");
    await go(beginning, pathsOf(model, { ...beginning, without: ourFaults }, "simple"));
  }, patienceMs);

  it("has visited every state, transition and guard outcome", () => expectVisited(coverage));
});
