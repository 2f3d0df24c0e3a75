/**
 * What a supervisor and its children tell one another: plain data, all of it.
 *
 * @module
 */
import type { ChildKind } from "./child_specs.ts";
import type { JobOutcome } from "./job_types.ts";
import type { Problem } from "./port.ts";

/** A child of a runner. */
export interface Child {
  /** Its name, such as `carrier.demo`. */
  readonly id: string;
  /** What it is. */
  readonly kind: ChildKind;
  /** The job that it works for; `undefined` if all of them share it. */
  readonly jobId: string | undefined;
}

/** How a child ended that should not have. */
export type ExitReason =
  /** It ended, or its connection did. */
  | "ended"
  /** It did not answer in time. */
  | "hung"
  /** It could not be started. */
  | "did_not_start"
  /** It could not be reached. */
  | "unreachable"
  /** It threw. */
  | "crashed";

/** A child's end that should not have been. */
export interface Exit {
  /** How. */
  readonly reason: ExitReason;
  /** What is wrong. */
  readonly problem: Problem;
}

/** What the work of a child is told. */
export type WorkCommand =
  /** End in order: finish what must be finished. */
  | { readonly type: "work.stop" }
  /** Wait for nothing that can be done later. */
  | { readonly type: "work.hurry" };

/** What the work of a child tells. */
export type WorkEvent =
  | { readonly type: "work.up" }
  /** It ended as it should. */
  | { readonly type: "work.done"; readonly outcome?: JobOutcome | undefined }
  /** It ended as it should not. */
  | {
    readonly type: "work.down";
    /** When, in milliseconds since 1970. */
    readonly atMs: number;
    readonly exit: Exit;
    readonly outcome?: JobOutcome | undefined;
  };

/** What a supervisor is told of a child. */
export type ChildNews =
  | { readonly type: "child.up"; readonly id: string; readonly restarts: number }
  | { readonly type: "child.exited"; readonly id: string; readonly exit: Exit }
  | {
    readonly type: "child.escalated";
    readonly id: string;
    readonly exit: Exit;
    readonly restarts: number;
  }
  /** For good. */
  | {
    readonly type: "child.ended";
    readonly id: string;
    readonly outcome: JobOutcome | undefined;
    readonly problem: Problem | undefined;
  };

/** What outsiders may watch of a runner's children. */
export type ChildEmitted =
  & { readonly child: string; readonly kind: ChildKind }
  & (
    | { readonly type: "child_started" }
    | { readonly type: "child_exited"; readonly reason: ExitReason; readonly code: string }
    | { readonly type: "child_restarted"; readonly restarts: number }
    | {
      readonly type: "escalated";
      readonly reason: ExitReason;
      readonly code: string;
      readonly message: string;
    }
  );
