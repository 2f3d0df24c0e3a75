/**
 * Who is to be killed where. A lab is a folder that all processes of a test know; in its `crash`
 * folder each of them registers itself, and reads which of the points that it passes is fatal to whom.
 *
 * | in `crash` | holds |
 * |---|---|
 * | `plan.json` | the kills that are planned: a list of {@link Kill} |
 * | `done/<n>` | made by whoever carries out the n-th kill: each is done once in the life of the lab |
 * | `pids/<role>/<pid>` | locked by that process while it lives: a pid alone is used again |
 * | `hits/<point>` | a byte for each time that any process passed the point |
 * | `story.log` | every point that was passed, and every kill, in order |
 * | `posts.log` | every ship request that left the UPS server: its key |
 *
 * @module
 */

/** The processes that can be killed. */
export const roles = ["runner", "ups", "source", "sandbox"] as const;

/** A process that can be killed. */
export type Role = (typeof roles)[number];

/** A planned kill. */
export interface Kill {
  /** The point, such as `ups:post:before`. */
  readonly at: string;
  /** The first time it is passed, or a later one; 1 if it is left out. */
  readonly nth?: number;
  /** Who is killed, with SIGKILL. */
  readonly victims: readonly Role[];
  /** How long the process that passed it then stands still, if it lives: it was suspended. */
  readonly pauseMs?: number;
}

/** The control files of a lab. */
export function crashFolder(lab: string): string {
  return `${lab}/crash`;
}

/** Makes the control files. */
export function makeCrashFolder(lab: string): void {
  for (const name of ["done", "hits", ...roles.map((role) => `pids/${role}`)]) {
    Deno.mkdirSync(`${crashFolder(lab)}/${name}`, { recursive: true });
  }
  planKills(lab, []);
}

/** Says who is to be killed where, from now on. */
export function planKills(lab: string, kills: readonly Kill[]): void {
  const path = `${crashFolder(lab)}/plan.json`;
  Deno.writeTextFileSync(`${path}.tmp`, JSON.stringify(kills));
  Deno.renameSync(`${path}.tmp`, path);
}

/** The plan as it stands. */
export function readPlan(lab: string): Kill[] {
  return JSON.parse(Deno.readTextFileSync(`${crashFolder(lab)}/plan.json`));
}

/** Which kills of the plan were carried out, by their place in it. */
export function doneKills(lab: string): number[] {
  return [...Deno.readDirSync(`${crashFolder(lab)}/done`)].map(({ name }) => Number(name));
}

/** Whether a kill is still to be carried out; it is, then, by the caller and nobody else. */
export function takeKill(lab: string, place: number): boolean {
  try {
    Deno.openSync(`${crashFolder(lab)}/done/${place}`, { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Registers this process until it ends, however that happens. */
export function register(lab: string, role: Role): void {
  const folder = `${crashFolder(lab)}/pids`;
  const born = `${folder}/${role}-${Deno.pid}`;
  const file = Deno.openSync(born, { write: true, create: true });
  file.lockSync(true);
  // Locked before it can be seen. The handle stays open: the lock is what says that we live.
  Deno.renameSync(born, `${folder}/${role}/${Deno.pid}`);
  registrations.push(file);
}

const registrations: Deno.FsFile[] = [];

/** The processes of a role that live. */
export function livingOf(lab: string, role: Role): number[] {
  const folder = `${crashFolder(lab)}/pids/${role}`;
  return [...Deno.readDirSync(folder)].filter(({ name }) => isAlive(`${folder}/${name}`))
    .map(({ name }) => Number(name));
}

function isAlive(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    if (!file.tryLockSync(true)) return true;
    Deno.removeSync(path);
    return false;
  } catch (error) {
    // Somebody else has just cleared it away.
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Kills all processes of some roles, and waits until they are gone; this process comes last. */
export function kill(lab: string, victims: readonly Role[]): void {
  const pids = victims.flatMap((role) => livingOf(lab, role));
  for (const pid of pids) if (pid !== Deno.pid) strike(pid);
  if (pids.includes(Deno.pid)) {
    strike(Deno.pid);
    // The signal may take its time; nothing more is done meanwhile.
    standStill(Infinity);
  }
  const end = Date.now() + 2_000;
  while (victims.some((role) => livingOf(lab, role).some((pid) => pids.includes(pid)))) {
    if (Date.now() > end) throw new Error(`${victims.join(", ")}: killed, and still there`);
    standStill(1);
  }
}

function strike(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Does nothing at all, as a suspended process. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Adds a line to the story. */
export function tell(lab: string, text: string): void {
  addLine(`${crashFolder(lab)}/story.log`, `${new Date().toISOString().slice(11)} ${text}`);
}

/** Adds a line to a file. */
export function addLine(path: string, line: string): void {
  Deno.writeTextFileSync(path, `${line}\n`, { append: true });
}

/** How often a point was passed, this time included. */
export function countHit(lab: string, at: string): number {
  using file = Deno.openSync(`${crashFolder(lab)}/hits/${at}`, {
    append: true,
    create: true,
    read: true,
  });
  file.writeSync(Uint8Array.of(0x2e));
  return file.statSync().size;
}
