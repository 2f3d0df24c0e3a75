/**
 * Servers that a Ctrl-C kept from starting: it reaches the whole process group, and they may end before
 * the program has heard of it. That is no news to whoever pressed it.
 *
 * @module
 */
import type { Observer, ProgressEvent } from "../actors/event_bus.ts";

/** So long the signal may take that ended a server, in milliseconds. */
const sameMomentMs = 200;

/**
 * An observer that is not told of servers that did not start because somebody stopped the program.
 *
 * @param observer Who is told of everything else.
 * @param isStopped Whether somebody did.
 * @returns The observer.
 */
export function unlessStopped(observer: Observer, isStopped: () => boolean): Observer {
  return (event) => {
    if (!isStartFault(event)) return observer(event);
    return new Promise<void>((resolve) => setTimeout(resolve, sameMomentMs))
      .then(() => isStopped() ? undefined : observer(event));
  };
}

function isStartFault(event: ProgressEvent): boolean {
  return (event.type === "child_exited" || event.type === "escalated") &&
    event.reason === "did_not_start";
}
