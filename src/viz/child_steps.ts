/**
 * What the children of a runner did, told from what was entered of them. `child.ts` tells of a start, an
 * end and a restart when each has happened; what lies between two of them follows, whatever was decided.
 *
 * @module
 */
import { type Step, step, type TrailEntry } from "./step.ts";

/** Where a child may have been of which only later things were heard. */
const before = ["alive.starting", "alive.up", "deciding", "backing_off"];

/** The children of one runner. */
export class ChildSteps {
  /** The states that they are in, as far as was heard. */
  readonly #states = new Map<string, string>();

  /** Another runner has children of its own. */
  forget(): void {
    this.#states.clear();
  }

  /**
   * Whether a child was heard of: each is started once by its supervisor.
   *
   * @param entry An entry of it.
   * @returns Whether another one told of it before.
   */
  knows(entry: TrailEntry): boolean {
    return this.#states.has(childOf(entry));
  }

  /**
   * Reads an entry of a child.
   *
   * @param entry It.
   * @param next The one after it: a child that is given up has both in one commit.
   * @returns What its machine did since the last one.
   */
  read(entry: TrailEntry, next: TrailEntry | undefined): Step[] {
    const child = childOf(entry);
    if (child === "") return [];
    const known = this.#states.get(child);
    const steps: Step[] = [];
    const go = (state: string, via: readonly string[] = []) => {
      steps.push({ ...step("child", state, via), actor: child });
      this.#states.set(child, state);
    };
    if (known === undefined || entry.type === "child_started") {
      steps.push({ ...step("child", "alive.starting"), actor: child, isBeginning: true });
    }
    const via = known === undefined ? before : [];
    switch (entry.type) {
      case "child_started":
        go("alive.up");
        break;
      case "child_restarted":
        if (known !== undefined) go("alive.starting");
        go("alive.up", via);
        break;
      case "child_exited": {
        if (known === "backing_off") go("alive.starting");
        go("deciding", via);
        const isGivenUp = next?.type === "escalated" && childOf(next) === child;
        if (!isGivenUp) go("backing_off");
        break;
      }
      case "escalated":
        go("escalated", via);
        go("ended");
        break;
    }
    return steps;
  }
}

/** Such as `carrier.demo`; nothing, if it is not said. */
function childOf({ details }: TrailEntry): string {
  const { child } = details();
  return typeof child === "string" ? child : "";
}
