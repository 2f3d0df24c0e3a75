/**
 * The life of a simulated process. All that it does to the world outside passes here: a dead one never
 * goes on from there, a suspended one goes on when it is woken.
 *
 * @module
 */
import type { Clock } from "../../src/actors/world.ts";
import type { SimTime } from "./time.ts";

/** A process. */
export class Life {
  /** Its name, and its process id's place. */
  readonly name: string;
  /** Its process id. */
  readonly pid: number;
  /** The host that it runs on. */
  readonly host: string;
  /** Resolves when it is killed. */
  readonly killed: Promise<"killed">;
  readonly #time: SimTime;
  readonly #end = Promise.withResolvers<"killed">();
  readonly #atEnd: (() => void)[] = [];
  readonly #whenSuspended: (() => void)[] = [];
  #isDead = false;
  #suspended: Promise<void> | undefined;

  constructor(time: SimTime, identity: { name: string; pid: number; host: string }) {
    this.#time = time;
    ({ name: this.name, pid: this.pid, host: this.host } = identity);
    this.killed = this.#end.promise;
  }

  /** Whether it was killed, or has ended. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Goes on now, or when it is woken, or never. */
  async goOn(): Promise<void> {
    while (this.#suspended) await this.#suspended;
    // One for each: whoever waits for ever on its own promise is forgotten with it.
    if (this.#isDead) await new Promise<never>(() => {});
  }

  /** Does something to the world outside, as soon as it goes on. */
  async does<Result>(effect: () => Result | Promise<Result>): Promise<Result> {
    await this.goOn();
    // It may have been killed since, by what was woken with it.
    if (this.#isDead || this.#suspended) return await this.does(effect);
    return await effect();
  }

  /** As `kill -9` does it: what it had sent is under way all the same. */
  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const each of this.#atEnd) each();
    this.#end.resolve("killed");
  }

  /** Suspends it, as SIGSTOP and SIGCONT do. */
  suspend(ms: number): void {
    if (this.#suspended) return;
    this.#suspended = this.#time.sleep(ms).then(() => {
      this.#suspended = undefined;
    });
    for (const each of this.#whenSuspended) each();
  }

  /** Does something whenever it is suspended. */
  whenSuspended(work: () => void): void {
    this.#whenSuspended.push(work);
  }

  /** Does something when it is killed. */
  atEnd(work: () => void): void {
    this.#atEnd.push(work);
  }

  /** The time as it sees it. */
  clock(wallOffsetMs: () => number): Clock {
    const time = this.#time;
    return {
      now: () => new Date(time.nowMs + wallOffsetMs()),
      sleep: async (ms, signal) => {
        await time.sleep(ms, signal);
        await this.goOn();
      },
    };
  }
}
