/**
 * The machines that there are charts of, by name.
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import { childMachine } from "../machines/child.ts";
import { jobMachine } from "../machines/job.ts";
import { reconcileMachine } from "../machines/reconcile.ts";
import { rowMachine } from "../machines/row.ts";
import { supervisorMachine } from "../machines/supervisor.ts";
import type { MachineName } from "./names.ts";

/**
 * The machines.
 *
 * @internal
 */
export const machines = {
  supervisor: supervisorMachine,
  child: childMachine,
  job: jobMachine,
  row: rowMachine,
  reconcile: reconcileMachine,
} satisfies Readonly<Record<MachineName, AnyStateMachine>>;
