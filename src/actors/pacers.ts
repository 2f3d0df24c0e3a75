/**
 * One pace for each carrier account of a runner, shared by its jobs, and the actor that waits for its
 * turn.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import {
  isPaced,
  noteSent,
  type Pace,
  slowDown,
  speedUp,
  startPace,
  takeTurn,
} from "../machines/pace.ts";
import type { Answer } from "../machines/purchase.ts";
import type { Clock, World } from "./world.ts";

/** The paces of a runner. */
export class Pacers {
  readonly #limit: number | undefined;
  readonly #clock: Clock;
  readonly #paces = new Map<string, Pace>();

  /**
   * Makes the paces.
   *
   * @param clock The time.
   * @param limit Purchases a second that a person allows for each account, if there is a limit.
   */
  constructor(clock: Clock, limit?: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /**
   * Whether a purchase from a carrier may have to wait for its turn.
   *
   * @param carrier The carrier.
   * @returns Whether a limit is in force for one of its accounts.
   */
  isPaced(carrier: string): boolean {
    if (this.#limit !== undefined) return true;
    const nowMs = this.#nowMs();
    for (const [name, pace] of this.#paces) {
      if (name.startsWith(`${carrier}\n`) && isPaced(pace, nowMs)) return true;
    }
    return false;
  }

  /**
   * Takes the next turn.
   *
   * @param carrier The carrier.
   * @param account The account that pays, if the request names one.
   * @returns How long to wait for it, in milliseconds.
   */
  takeTurn(carrier: string, account: string | undefined): number {
    const { pace, waitMs } = takeTurn(this.#of(carrier, account), this.#nowMs());
    this.#paces.set(nameOf(carrier, account), pace);
    return waitMs;
  }

  /**
   * Notes that a purchase is sent.
   *
   * @param carrier The carrier.
   * @param account The account that pays, if the request names one.
   * @returns Takes what became of it.
   */
  begin(carrier: string, account: string | undefined): (answer: Answer) => void {
    const name = nameOf(carrier, account);
    const sentAtMs = this.#nowMs();
    this.#paces.set(name, noteSent(this.#of(carrier, account), sentAtMs));
    return (answer) => {
      const pace = this.#of(carrier, account);
      const retryAfterMs = tooMuch(answer);
      if (retryAfterMs !== undefined) {
        this.#paces.set(name, slowDown(pace, this.#nowMs(), { sentAtMs, retryAfterMs }));
      } else if (answer.type === "bought") this.#paces.set(name, speedUp(pace));
    };
  }

  #of(carrier: string, account: string | undefined): Pace {
    return this.#paces.get(nameOf(carrier, account)) ?? startPace(this.#limit);
  }

  #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

/**
 * Logic for the port `pace` of the row machine. The turn is taken before the row is claimed: nobody
 * waits between a claim and its purchase.
 *
 * @param world The job's world.
 * @returns Logic that resolves to how long the row waited, in milliseconds.
 *
 * @internal
 */
export function createPace(
  world: World,
): PromiseActorLogic<number, { request: Readonly<Record<string, unknown>> }> {
  return fromPromise(async ({ input: { request }, signal }) => {
    const account = request["account_number"];
    const waitMs = world.pacers.takeTurn(
      world.carrierName,
      typeof account === "string" ? account : undefined,
    );
    if (waitMs > 0) await world.clock.sleep(waitMs, signal);
    return waitMs;
  });
}

function nameOf(carrier: string, account: string | undefined): string {
  return `${carrier}\n${account ?? ""}`;
}

/** An expired token asks for another try as well, at once: that is not too much. */
function tooMuch(answer: Answer): number | undefined {
  if (answer.type !== "rejected" || answer.retryAfterMs === undefined) return undefined;
  const isBusy = answer.retryAfterMs > 0 || /429/.test(answer.problem.code);
  return isBusy ? answer.retryAfterMs : undefined;
}
