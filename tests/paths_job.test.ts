/**
 * Model-based tests of the job machine, as those of the row machine (`paths_row`): paths from
 * `xstate/graph`, walked by the real actors with whole rows inside. `paths/job_alphabet.ts` is the
 * alphabet, `paths/job_rows.ts` that of how rows end.
 *
 * Shortest paths lead to every state over every last step, from every beginning; simple paths are all
 * those of one row that may be paused, and of two rows past failed ones, without faults of our side.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import { raise } from "xstate";
import { jobMachine } from "../src/machines/job.ts";
import { Coverage } from "./paths/coverage.ts";
import { jobAlphabet } from "./paths/job_alphabet.ts";
import { policy } from "./paths/job_befores.ts";
import { keyOf, meaningOf, promises } from "./paths/job_promises.ts";
import { beginnings, type JobBeginning } from "./paths/job_stories.ts";
import { type ModelPath, pathsOf } from "./paths/model.ts";
import { openStage, type Stage } from "./paths/real_job.ts";
import { expectVisited, patienceMs, storyOf, withoutAsked } from "./paths/stories.ts";
import { walkAll } from "./paths/walk.ts";

const model = {
  machine: jobMachine,
  silent: ["passStop", "passHurry"],
  // The rest between two rows is left at once.
  replaced: { goOn: raise({ type: "job.next" }) },
  alphabet: jobAlphabet(policy),
  keyOf,
};
/** Faults of our own side, and all signals but one: with them there would be far too many. */
const faults =
  /fails|has taken|machine has it|breaks|over$|job\.(cancel|hurry|resume)|from another/;
const neverPlain = new RegExp(`${faults.source}|job\\.run .`);
const neverPassing = new RegExp(`${faults.source}|job\\.run($| with)|job\\.pause`);
const coverage = new Coverage(jobMachine);

describe("job machine in the real world", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function go(beginning: JobBeginning, paths: readonly ModelPath[]): Promise<void> {
    const begin = async () => {
      const { job, snapshot } = await beginning.make(stage);
      const { machine } = job.reopen();
      return withoutAsked(
        await storyOf(stage, job, { machine, input: { jobId: job.id }, snapshot }),
      );
    };
    await walkAll({ model, beginning, coverages: [coverage], meaningOf, promises, begin }, paths);
  }

  for (const beginning of beginnings) {
    it(`goes where the model goes: ${beginning.name}`, async () => {
      await go(beginning, pathsOf(model, beginning, "shortest"));
    }, patienceMs);
  }

  for (const [index, without] of [[0, neverPlain], [2, neverPassing]] as const) {
    const beginning = beginnings[index];
    it(`goes where the model goes, on all simple paths: ${beginning?.name}`, async () => {
      if (!beginning) throw new TypeError("Cannot begin: there is no such beginning");
      await go(beginning, pathsOf(model, { ...beginning, without }, "simple"));
    }, patienceMs);
  }

  it("has visited every state, transition and guard outcome", () => expectVisited(coverage));
});
