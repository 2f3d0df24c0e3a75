// @ts-check
/// <reference lib="dom" />
/**
 * What a machine knew at a moment, in its own field names; what the trail does not tell is not there.
 */
import { make } from "./dom.js";
import { moneyWords } from "./format.js";

/** @import { ChildTold, Contexts, LabelTold, ProblemTold, TaskTold } from "./types.js" */
/** @typedef {[string, string | Node]} Fact */

/**
 * The facts of a machine.
 *
 * @param {string} machine
 * @param {Contexts} contexts
 * @returns {Fact[]}
 */
export function contextFacts(machine, { supervisor, child, job, row, reconcile }) {
  switch (machine) {
    case "supervisor":
      return supervisor === undefined ? [] : [
        ["children", listOf(Object.values(supervisor.children).map(childWords))],
        ["restarted", `${supervisor.restarted} times in this run`],
      ];
    case "child":
      return child === undefined ? [] : [
        ["child", child.child],
        ...fact("restarts", child.restarts, String),
        ...fact("exit", child.exit, ({ reason, code }) => `${reason}, ${code}`),
      ];
    case "job":
      return job === undefined ? [] : [
        ...fact("epoch", job.epoch, String),
        ...fact("task", job.task, taskWords),
        ...fact("cursor", job.cursor, (cursor) => `row ${cursor}`),
        ...fact("figures", job.figures, figureWords),
        ...fact("halt", job.halt, ({ status, reason, rowNumber, problem }) =>
          [
            status,
            ...reason === undefined ? [] : [`(${reason})`],
            ...rowNumber === undefined ? [] : [`at row ${rowNumber}`],
            ...problem === undefined ? [] : [`⚠ ${problemWords(problem)}`],
          ].join(" ")),
      ];
    case "row":
      return row === undefined ? [] : [
        ["task", taskWords(row.task)],
        ["attempts", `${row.attempts} in this run`],
        ...fact("attempt", row.attempt, attemptWords),
        ...fact("answer", row.answer, ({ type }) => type),
        ...fact("verdict", row.verdict, ({ type }) => type),
        ...fact("label", row.label, labelWords),
        ...fact("problem", row.problem, problemWords),
      ];
    case "reconcile":
      return reconcile === undefined ? [] : [
        ["attempt", attemptWords(reconcile.attempt)],
        ...fact("doesExist", reconcile.doesExist, () => "the carrier says so"),
        ...fact("lookUps", reconcile.lookUps, listOf),
        ...fact("label", reconcile.label, labelWords),
      ];
    default:
      return [];
  }
}

/**
 * A fact, if it is told.
 *
 * @template Value
 * @param {string} name
 * @param {Value | undefined} value
 * @param {(value: Value) => string | Node} words
 * @returns {Fact[]}
 */
function fact(name, value, words) {
  return value === undefined ? [] : [[name, words(value)]];
}

/** @param {readonly string[]} lines */
function listOf(lines) {
  return make("ul", {}, ...lines.map((line) => make("li", {}, line)));
}

/** @param {ChildTold} child */
function childWords({ child, state, restarts, exit }) {
  return `${child}: ${state}` +
    (restarts ? `, ${restarts} restarts` : "") +
    (exit ? `, ended before: ${exit.reason}, ${exit.code}` : "");
}

/** @param {TaskTold} task */
function taskWords({ rowNumber, purpose }) {
  return `row ${rowNumber}, to ${purpose}`;
}

/** @param {{ total?: number, done: number, failed: number, costs?: Record<string, number> }} figures */
function figureWords({ total, done, failed, costs = {} }) {
  const money = Object.entries(costs).map(([code, minor]) => moneyWords(minor, code));
  return [
    total === undefined ? `${done} done` : `${done} of ${total} done`,
    `${failed} failed`,
    ...money,
  ].join(", ");
}

/** @param {{ key: string, generation?: number }} attempt */
function attemptWords({ key, generation }) {
  return generation === undefined ? key : `generation ${generation}, ${key}`;
}

/** @param {LabelTold} label */
function labelWords({ trackingNumbers, costMinor, currencyCode }) {
  const isPriced = costMinor !== undefined && currencyCode !== undefined;
  return [...trackingNumbers, ...isPriced ? [moneyWords(costMinor, currencyCode)] : []].join(", ");
}

/** @param {ProblemTold} problem */
function problemWords({ code, message }) {
  return `${code} ${message}`;
}
