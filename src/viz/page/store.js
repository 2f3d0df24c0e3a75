// @ts-check
/**
 * A job's whole history in typed arrays, and any moment of it: how each row and machine stood, what was
 * bought, and how often and how long states were visited. It knows no machine: what an entry means
 * comes with it, as a passage.
 */

/** @import { Bought, Changes, MachineMoment, Moment, Step, Visits } from "./types.js" */

/**
 * Makes room for more.
 *
 * @template {Uint8Array | Uint16Array | Uint32Array | Float64Array} Column
 * @param {Column} column
 * @param {number} length
 * @returns {Column}
 */
function roomFor(column, length) {
  if (column.length >= length) return column;
  /** @type {any} */
  const Kind = column.constructor;
  const larger = new Kind(Math.max(length, column.length * 2, 1024));
  larger.set(column);
  return larger;
}

/** The history of one job. */
export class Store {
  /** How many entries there are: the sequence of the last one. */
  length = 0;
  /** The highest number of a row. */
  lastRow = 0;
  /** @type {string[]} */
  types = [];
  /** @type {string[]} */
  statuses = [];
  /** @type {Step[][]} */
  passages = [];
  /** @type {Map<number, Bought>} What was bought, by sequence. */
  bought = new Map();
  /** @type {number[]} The sequences of errors. */
  errors = [];
  /** @type {Map<number, string>} Their codes, by sequence. */
  codes = new Map();
  #at = new Float64Array();
  #row = new Uint32Array();
  #type = new Uint8Array();
  #to = new Uint8Array();
  #passage = new Uint16Array();
  /** @type {Walk | undefined} */
  #walk;

  /**
   * Takes what comes next; what is known is passed over.
   *
   * @param {Changes} changes
   * @returns {boolean} Whether anything was new.
   */
  append(changes) {
    const { types, statuses, passages, from } = changes.tables;
    put(this.types, from[0], types);
    put(this.statuses, from[1], statuses);
    put(this.passages, from[2], passages);
    const skip = this.length + 1 - changes.first;
    const count = changes.at.length;
    if (skip < 0) throw new RangeError("A piece of the history is missing");
    if (skip >= count) return false;
    const length = this.length + count - skip;
    this.#at = roomFor(this.#at, length);
    this.#row = roomFor(this.#row, length);
    this.#type = roomFor(this.#type, length);
    this.#to = roomFor(this.#to, length);
    this.#passage = roomFor(this.#passage, length);
    for (let at = skip; at < count; at++) {
      const place = this.length + at - skip;
      const row = changes.row[at] ?? 0;
      this.#at[place] = changes.at[at] ?? 0;
      this.#row[place] = row;
      this.#type[place] = changes.type[at] ?? 0;
      this.#to[place] = changes.to[at] ?? 0;
      this.#passage[place] = changes.passage[at] ?? 0;
      if (row > this.lastRow) this.lastRow = row;
    }
    for (const [at, number, costMinor, currency] of changes.bought) {
      this.bought.set(changes.first + at, { number, costMinor, currency });
    }
    for (const [at, code] of changes.errors) {
      if (changes.first + at <= this.length) continue;
      this.errors.push(changes.first + at);
      this.codes.set(changes.first + at, code);
    }
    this.length = length;
    return true;
  }

  /**
   * An entry.
   *
   * @param {number} sequence
   */
  entry(sequence) {
    const place = sequence - 1;
    return {
      sequence,
      atMs: this.#at[place] ?? 0,
      row: this.#row[place] ?? 0,
      type: this.types[this.#type[place] ?? 0] ?? "",
      to: this.statuses[this.#to[place] ?? 0] ?? "",
      passage: this.passages[this.#passage[place] ?? 0] ?? [],
    };
  }

  /**
   * What one row's machines did until a moment: its steps in order, from its last beginning on.
   *
   * @param {number} row
   * @param {number} until
   * @returns {Map<string, MachineMoment>}
   */
  pathOf(row, until) {
    /** @type {Map<string, MachineMoment>} */
    const machines = new Map();
    for (
      let place = this.#row.indexOf(row);
      place >= 0;
      place = this.#row.indexOf(row, place + 1)
    ) {
      if (place >= Math.min(until, this.length)) break;
      const passage = this.passages[this.#passage[place] ?? 0] ?? [];
      for (const step of passage) {
        if (step.machine === "row" || step.machine === "reconcile") {
          take(machines, step, this.#at[place] ?? 0);
        }
      }
    }
    return machines;
  }

  /**
   * The next error after a moment, or the first of all.
   *
   * @param {number} sequence
   * @returns {number | undefined}
   */
  nextError(sequence) {
    return this.errors.find((each) => each > sequence) ?? this.errors[0];
  }

  /**
   * How everything stood.
   *
   * @param {number} sequence The entry up to which it is told, this one too.
   * @returns {Moment}
   */
  momentAt(sequence) {
    const end = Math.max(0, Math.min(sequence, this.length));
    if (!this.#walk || this.#walk.done > end) this.#walk = new Walk();
    const walk = this.#walk;
    walk.makeRoom(this.lastRow + 1);
    for (let place = walk.done; place < end; place++) {
      walk.go(
        this.#at[place] ?? 0,
        this.#row[place] ?? 0,
        this.#to[place] ?? 0,
        this.passages[this.#passage[place] ?? 0] ?? [],
        this.bought.has(place + 1) ? place + 1 : 0,
      );
    }
    const { atMs, row, type } = end === 0 ? { atMs: 0, row: 0, type: "" } : this.entry(end);
    return { sequence: end, atMs, row, type, lastRow: this.lastRow, ...walk.shown(this) };
  }
}

/** Goes through the history, entry by entry. */
class Walk {
  done = 0;
  #statuses = new Uint8Array();
  #attempts = new Uint16Array();
  #changed = new Float64Array();
  #bought = new Uint32Array();
  #counts = new Uint32Array(32);
  /** @type {Map<string, MachineMoment>} */
  #machines = new Map();
  /** @type {Map<string, Map<string, Visits>>} */
  #visits = new Map();
  #activeRow = 0;

  /** @param {number} rows */
  makeRoom(rows) {
    this.#statuses = roomFor(this.#statuses, rows);
    this.#attempts = roomFor(this.#attempts, rows);
    this.#changed = roomFor(this.#changed, rows);
    this.#bought = roomFor(this.#bought, rows);
  }

  /**
   * @param {number} atMs
   * @param {number} row
   * @param {number} to
   * @param {Step[]} passage
   * @param {number} bought
   */
  go(atMs, row, to, passage, bought) {
    this.done++;
    if (row > 0 && to > 0) {
      const before = this.#statuses[row] ?? 0;
      if (before > 0) this.#counts[before] = (this.#counts[before] ?? 1) - 1;
      this.#counts[to] = (this.#counts[to] ?? 0) + 1;
      this.#statuses[row] = to;
    }
    if (row > 0) this.#changed[row] = atMs;
    if (bought > 0) this.#bought[row] = bought;
    for (const step of passage) this.#step(step, atMs, row);
  }

  /**
   * @param {Step} step
   * @param {number} atMs
   * @param {number} row
   */
  #step(step, atMs, row) {
    const { machine, state, isInferred, isBeginning } = step;
    const before = this.#machines.get(actorOf(step));
    if (before && !before.isInferred && !(isBeginning && isInferred)) {
      const visits = this.#visitsOf(machine, before.state);
      visits.ms += atMs - before.sinceMs;
    }
    // A runner that was killed is heard of again when the next one takes the job: no time of a state.
    if (machine === "job" && (isBeginning || !state.includes("."))) {
      for (const each of this.#machines.values()) each.sinceMs = atMs;
    }
    take(this.#machines, step, atMs);
    if (!isInferred) this.#visitsOf(machine, state).count++;
    if (machine !== "row") return;
    this.#activeRow = row;
    if (state === "claiming") this.#attempts[row] = (this.#attempts[row] ?? 0) + 1;
  }

  /**
   * @param {string} machine
   * @param {string} state
   * @returns {Visits}
   */
  #visitsOf(machine, state) {
    let states = this.#visits.get(machine);
    if (!states) this.#visits.set(machine, states = new Map());
    let visits = states.get(state);
    if (!visits) states.set(state, visits = { count: 0, ms: 0 });
    return visits;
  }

  /**
   * @param {Store} store
   */
  shown(store) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const [at, status] of store.statuses.entries()) {
      const count = this.#counts[at] ?? 0;
      if (count > 0) counts.set(status, count);
    }
    /** @type {Map<string, number>} */
    const costs = new Map();
    let labels = 0;
    for (const [sequence, { costMinor, currency }] of store.bought) {
      if (sequence > this.done) break;
      labels++;
      if (costMinor !== null) costs.set(currency, (costs.get(currency) ?? 0) + costMinor);
    }
    return {
      counts,
      costs,
      labels,
      machines: this.#machines,
      visits: this.#visits,
      statuses: this.#statuses,
      attempts: this.#attempts,
      changed: this.#changed,
      bought: this.#bought,
      activeRow: this.#activeRow,
    };
  }
}

/** The steps that are kept of an actor: those of a row are all. */
const mostSteps = 60;

/**
 * @param {Map<string, MachineMoment>} machines
 * @param {Step} step
 * @param {number} atMs
 */
function take(machines, step, atMs) {
  const known = machines.get(actorOf(step));
  const path = step.isBeginning || !known ? [] : known.path;
  if (path.length >= mostSteps) path.splice(0, mostSteps / 2);
  path.push(step);
  const moment = { state: step.state, isInferred: step.isInferred, sinceMs: atMs, path };
  machines.set(actorOf(step), moment);
  // Of several side by side, the chart shows the one that was heard of last.
  machines.set(step.machine, moment);
}

/** @param {Step} step */
function actorOf({ machine, actor }) {
  return actor === undefined ? machine : `${machine} ${actor}`;
}

/**
 * @template Value
 * @param {Value[]} table
 * @param {number} from
 * @param {readonly Value[]} values
 */
function put(table, from, values) {
  for (const [at, value] of values.entries()) table[from + at] = value;
}
