/**
 * Model-based tests of the supervisor machine and its children (`child.ts`), as those of the row machine
 * (`paths_row`): paths through the supervisor from `xstate/graph`, walked by the program's own runner
 * on a real job. What the children's work tells is held back, so that one thing happens at a time.
 * `paths/supervisor_alphabet.ts` is the alphabet.
 *
 * Shortest paths lead to every state over every last step; simple paths are all those of a runner whose
 * job is not told to stop, and whose source never ends.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import { childMachine } from "../src/machines/child.ts";
import { supervisorMachine } from "../src/machines/supervisor.ts";
import { Coverage } from "./paths/coverage.ts";
import { type ModelPath, pathsOf } from "./paths/model.ts";
import { openStage, type Stage } from "./paths/real_job.ts";
import { expectVisited, patienceMs } from "./paths/stories.ts";
import { supervisorAlphabet } from "./paths/supervisor_alphabet.ts";
import {
  beginnings,
  keyOf,
  meaningOf,
  promises,
  type RunnerBeginning,
  runnerStory,
} from "./paths/supervisor_stories.ts";
import { walkAll } from "./paths/walk.ts";

const model = {
  machine: supervisorMachine,
  silent: ["startStep", "stopKind", "tellJobs"],
  alphabet: supervisorAlphabet,
  keyOf,
};
const coverage = new Coverage(supervisorMachine);
const childCoverage = new Coverage(childMachine);

/** What no work of the program ever does. */
const unreachable = {
  "transition child.alive.starting on work.done[0]":
    "a part ends in order only once it was told to, and then it is not starting any more; a job " +
    "tells that it is up before anything else",
};

describe("supervisor machine in the real world", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function go(beginning: RunnerBeginning, paths: readonly ModelPath[]): Promise<void> {
    const coverages = [coverage, childCoverage];
    const begin = () => runnerStory(stage, beginning);
    await walkAll({ model, beginning, coverages, meaningOf, promises, begin }, paths);
  }

  for (const beginning of beginnings) {
    it(`goes where the model goes: ${beginning.name}`, async () => {
      await go(beginning, pathsOf(model, beginning, "shortest"));
    }, patienceMs);
  }

  it("goes where the model goes, on all simple paths of a runner that is not stopped", async () => {
    const [beginning] = beginnings;
    if (!beginning) throw new TypeError("Cannot begin: there is no beginning");
    const without = /^supervisor|source: (?!comes|ends in)|the source|nobody has|worker breaks/;
    await go(beginning, pathsOf(model, { ...beginning, without }, "simple"));
  }, patienceMs);

  it("has visited every state, transition and guard outcome", () => expectVisited(coverage));

  it("has visited every state, transition and guard outcome of the child machine", () =>
    expectVisited(childCoverage, unreachable));
});
