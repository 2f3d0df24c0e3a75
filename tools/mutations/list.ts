/**
 * All ways in which `deno task test:mutation` breaks the program.
 *
 * @module
 */
import { answerMutations } from "./answers.ts";
import { decisionMutations } from "./decisions.ts";
import { jobMachineMutations } from "./job_machine.ts";
import { leaseMutations } from "./leases.ts";
import type { Mutation } from "./mutation.ts";
import { purchaseMutations } from "./purchases.ts";
import { reconcileMachineMutations } from "./reconcile_machine.ts";
import { recoveryMutations } from "./recovery.ts";
import { rowMachineMutations } from "./row_machine.ts";
import { sourceMutations } from "./sources.ts";
import { storageMutations } from "./storage.ts";
import { supervisionMutations } from "./supervision.ts";
import { upsServerMutations } from "./ups_server.ts";

/** The mutations. */
export const mutations: readonly Mutation[] = [
  ...rowMachineMutations,
  ...reconcileMachineMutations,
  ...jobMachineMutations,
  ...supervisionMutations,
  ...purchaseMutations,
  ...answerMutations,
  ...storageMutations,
  ...leaseMutations,
  ...recoveryMutations,
  ...upsServerMutations,
  ...sourceMutations,
  ...decisionMutations,
];
