/**
 * Binds the ports of the job and row machines to one job's world: the list of who does what.
 *
 * @module
 */
import { jobMachine } from "../machines/job.ts";
import { rowMachine } from "../machines/row.ts";
import { createAcquireLease } from "./acquire_lease.ts";
import { reconcileMachine } from "../machines/reconcile.ts";
import { createBuyLabel } from "./buy_label.ts";
import { createClaimRow } from "./claim_row.ts";
import { createDrainWriteBacks } from "./drain_write_backs.ts";
import { createFailRow } from "./fail_row.ts";
import { createFetchRow } from "./fetch_row.ts";
import { createFinishJob, createFlushSource } from "./finish_job.ts";
import { createLookUp, createReadControl } from "./look_up.ts";
import { createNextRow } from "./next_row.ts";
import { createPace } from "./pacers.ts";
import { createPreflight } from "./preflight.ts";
import { createRecordAnswer } from "./record_answer.ts";
import { createRecoverJob } from "./recover_job.ts";
import { createRenderRow } from "./render_row.ts";
import { createAdoptLabel, createReviewRow, createSupersede } from "./settle_attempt.ts";
import { createStartJob } from "./start_job.ts";
import { createSweepKeys } from "./sweep_keys.ts";
import { createWait } from "./wait.ts";
import type { World } from "./world.ts";
import { createWriteBack } from "./write_back.ts";

/**
 * The job machine at work in a world.
 *
 * @param world The job's world.
 * @returns The machine with all its ports provided.
 *
 * @internal
 */
export function provideJob(world: World): typeof jobMachine {
  return jobMachine.provide({
    actors: {
      acquireLease: createAcquireLease(world),
      recoverJob: createRecoverJob(world),
      sweepKeys: createSweepKeys(world),
      preflight: createPreflight(world),
      startJob: createStartJob(world),
      nextRow: createNextRow(world),
      row: rowMachine.provide({
        actors: {
          fetchRow: createFetchRow(world),
          renderRow: createRenderRow(world),
          pace: createPace(world),
          claimRow: createClaimRow(world),
          buyLabel: createBuyLabel(world),
          recordAnswer: createRecordAnswer(world),
          wait: createWait(world),
          reconcile: reconcileMachine.provide({
            actors: {
              lookUp: createLookUp(world),
              readControl: createReadControl(world),
              wait: createWait(world),
            },
          }),
          adoptLabel: createAdoptLabel(world),
          supersede: createSupersede(world),
          reviewRow: createReviewRow(world),
          failRow: createFailRow(world),
          writeBack: createWriteBack(world),
        },
      }),
      drainWriteBacks: createDrainWriteBacks(world),
      flushSource: createFlushSource(world),
      finishJob: createFinishJob(world),
    },
  });
}
