/**
 * The alphabet of the supervisor and its children: what happens to each part and to the job of a real
 * runner, and what is true outside afterwards. What their work tells is held back until the letter
 * comes, so that one thing happens at a time.
 *
 * | child | what happens | what is done for it |
 * |---|---|---|
 * | all | comes up; ends in order | what its work has told is let pass |
 * | source | does not start; its connection ends; the same when it is started again | opening fails; `closed` resolves |
 * | | its strategy cannot be read | a getter that throws |
 * | templates | the worker breaks | `broken` resolves |
 * | job | completes, is refused, breaks; the same when it is started again | the carrier, the database |
 * | supervisor | stop, hurry | the signals |
 *
 * @module
 */
import { closing, is, parts, type RunnerLetter, withChild } from "./supervisor_outside.ts";

import { isHurried, isPurchasing, isStopped, jobEnded, jobEnds, jobs } from "./supervisor_jobs.ts";
import { broken, endsInOrder, up } from "./supervisor_parts.ts";

/** What may happen to a runner. */
export const supervisorAlphabet: readonly RunnerLetter[] = [
  ...up,
  ...broken,
  ...jobs,
  ...parts.flatMap(endsInOrder),
  {
    name: "supervisor.stop",
    type: "supervisor.stop",
    when: ({ name, context }) =>
      (name === "starting" && !context.isStopWanted) || name === "supervising",
    follow: (state) => {
      if (state.name === "starting") return closing(state.outside).events;
      if (!is(state, "job", "backing_off")) return [];
      return [jobEnded("crashed"), ...jobEnds(state.outside, {}).events];
    },
    then: (state) => {
      const { name, outside } = state;
      if (name === "starting") return closing(outside).outside;
      if (is(state, "job", "backing_off")) return jobEnds(outside, {}).outside;
      const { job } = outside.children;
      return job?.startsWith("alive") ? withChild(outside, "job", "alive.stopping") : outside;
    },
  },
  {
    name: "supervisor.hurry",
    type: "supervisor.hurry",
    when: (state) => isStopped(state) && isPurchasing(state) && !isHurried(state),
    bring: (runner) => void (runner.isHurried = true),
    then: ({ outside }) => ({ ...outside, isHurried: true }),
  },
];
