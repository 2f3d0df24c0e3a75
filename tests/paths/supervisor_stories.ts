/**
 * How the stories of a runner begin, what is read of it, and what must hold in each state.
 *
 * @module
 */
import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot, SnapshotFrom } from "xstate";
import { expect } from "vitest";
import type { ChildKind, ChildSpecs } from "../../src/machines/child_specs.ts";
import type { supervisorMachine } from "../../src/machines/supervisor.ts";
import { nameOf } from "../helpers/graph.ts";
import type { Beginning, ModelState } from "./model.ts";
import { expectPromises, readOutside } from "./outside.ts";
import type { Stage } from "./real_job.ts";
import { RealRunner, specs } from "./real_runner.ts";
import { eventInWords } from "./stories.ts";
import type { RunnerOutside, SupervisorContext } from "./supervisor_outside.ts";
import type { Story } from "./walk.ts";

/** A state of the supervisor. */
export type SupervisorSnapshot = SnapshotFrom<typeof supervisorMachine>;

const kinds: readonly ChildKind[] = ["database", "templates", "source", "carrier", "job"];

/** How a story begins. */
export interface RunnerBeginning extends Beginning<RunnerOutside> {
  readonly name: string;
  readonly isGhost: boolean;
  readonly input: { readonly jobIds: readonly string[]; readonly specs: ChildSpecs };
}

const outside: RunnerOutside = {
  children: { database: "alive.starting" },
  told: [],
  servers: {
    source: "refused 0, opened 0, closed 0",
    carrier: "refused 0, opened 0, closed 0",
  },
  isHurried: false,
  isSourceGone: false,
  job: {
    ...{ job: "pending", isHeld: false, rows: ["pending"], attempts: [], sold: [], written: [] },
  },
};

/** Every way a runner may begin. */
export const beginnings: readonly RunnerBeginning[] = [
  {
    name: "a runner of one job",
    isGhost: false,
    input: { jobIds: ["J"], specs },
    outside,
    without: /nobody has/,
  },
  {
    name: "a runner whose job is started again whenever it ends",
    isGhost: false,
    input: { jobIds: ["J"], specs: { ...specs, job: { ...specs.job, restart: "permanent" } } },
    outside,
    without: /nobody has|stop|breaks|source: (?!comes|ends in)|the source will|refused/,
  },
  {
    name: "a runner of a job that it was not made for",
    isGhost: true,
    input: { jobIds: ["J"], specs },
    outside,
    without: /^templates: comes up(?!; nobody)|supervisor\.stop/,
  },
];

/** A runner, about to start. */
export async function runnerStory(
  stage: Stage,
  beginning: RunnerBeginning,
): Promise<Story<RunnerOutside, RealRunner>> {
  const { isGhost, input } = beginning;
  const runner = await RealRunner.of(stage, { isGhost, job: input.specs.job });
  let supervisor: AnyActorRef | undefined;
  return {
    real: runner,
    machine: runner.machine,
    isHeldBack: true,
    typeOf: (type) => type.replace(runner.job.id, "J"),
    input: runner.input,
    told: (emitted) => runner.emit(emitted),
    follow: (actor) => void (supervisor = actor),
    outside: () => readRunner(stage, runner, supervisor?.getSnapshot()),
    async end() {
      await expectPromises(stage, runner.job);
      const told = (await runner.events()).map(({ type }) => type);
      const news = told.filter((type) => /^child_|^escalated/.test(type));
      const entries = await runner.childEntries();
      // What is told of a runner's children is in the trail as well, by the job's next commit.
      expect(entries).toEqual(news.slice(0, entries.length));
    },
  };
}

async function readRunner(
  stage: Stage,
  runner: RealRunner,
  supervisor: AnyMachineSnapshot,
): Promise<RunnerOutside> {
  const { job } = runner;
  const found = await readOutside(stage, job, { told: [], since: 0 });
  const started = kinds.filter((kind) => idIn(supervisor, kind) !== undefined);
  const of = ({ refused, opened, closed }: RealRunner["source"]) =>
    `refused ${refused}, opened ${opened}, closed ${closed}`;
  return {
    children: Object.fromEntries(
      started.map((kind) => [kind, stateOf(supervisor, idIn(supervisor, kind) ?? "")]),
    ),
    told: (await runner.events()).map((event) =>
      "child" in event ? childEventInWords(event) : eventInWords(event)
    ),
    servers: { source: of(runner.source), carrier: of(runner.carrier) },
    isHurried: runner.isHurried,
    isSourceGone: runner.isSourceGone,
    job: {
      ...{ job: found.job, rows: found.rows, attempts: found.attempts },
      ...{ sold: found.sold, written: found.written },
      isHeld: await runner.isHeld(),
    },
  };
}

function idIn({ context }: AnyMachineSnapshot, kind: ChildKind): string | undefined {
  return Object.keys(context.children).find((id) => id === kind || id.startsWith(`${kind}.`));
}

function stateOf({ children }: AnyMachineSnapshot, id: string): string {
  const snapshot: AnyMachineSnapshot | undefined = children[id]?.getSnapshot();
  return snapshot?.status === "active" ? nameOf(snapshot) : "ended";
}

function childEventInWords({ type, kind, restarts, reason }: AnyEventObject): string {
  return [type, kind, restarts, reason].filter((each) => each !== undefined).join(" ");
}

/** What of the machine's context is the same in the model. */
export function meaningOf(context: SupervisorContext): unknown {
  const { started, stopped, isStopWanted, children, outcomes, problem } = context;
  return {
    ...{ started, stopped, isStopWanted, hasProblem: problem !== undefined },
    children: kinds.map((kind) =>
      Object.entries(children).find(([id]) => id === kind || id.startsWith(`${kind}.`))?.[1]
    ),
    outcomes: Object.values(outcomes).map(({ type }) => type),
  };
}

type RunnerState = ModelState<SupervisorContext, RunnerOutside>;

/** What decides what comes next. */
export function keyOf(
  { outside: { children, isSourceGone, isHurried, told, job } }: RunnerState,
): unknown {
  const restarts = told.filter((each) => each.startsWith("child_restarted"));
  return [children, isSourceGone, isHurried, restarts, job.job, job.rows];
}

const unless = (isSo: boolean, message: string) => isSo ? undefined : message;

/** What must hold in each state. */
export const promises: Record<string, (state: RunnerState) => string | undefined> = {
  starting: ({ outside: { job } }) => unless(job.job === "pending", "a job began too early"),
  supervising: ({ outside: { children } }) =>
    unless(children.job !== undefined && children.job !== "ended", "no job is at work"),
  closing: ({ outside: { children } }) =>
    unless(["ended", undefined].includes(children.job), "the job is at work"),
  closed: ({ outside: { children, servers, job } }) =>
    unless(Object.values(children).every((each) => each === "ended"), "a child is left behind") ??
      unless(
        Object.values(servers).every((each) => /opened (\d), closed \1$/.test(each)),
        "a server is left behind",
      ) ?? unless(!job.isHeld, "the lease is not given back"),
};
