/**
 * Ways to break a runner's hold on its job: leases and their epoch, commits, the audit trail, checkpoints.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const leases = "src/db/leases.ts";
const world = "src/actors/world.ts";
const audit = "src/db/audit.ts";
const checkpoint = "src/actors/checkpoint.ts";
const stored = "src/actors/stored_snapshot.ts";

const engine = "batch_executor > on sqlite";
const storage = "storage > on sqlite";

/** Ways to break leases, commits, trail and checkpoints. */
export const leaseMutations: readonly Mutation[] = [
  {
    name: "lease-forgets-epoch",
    breaks: "a runner that was taken over still commits",
    file: leases,
    find: `.where("job_id", "=", bind("jobId"))
    .where("epoch", "=", bind("epoch"))`,
    replace: `.where("job_id", "=", bind("jobId"))`,
    tests: [`${storage} > holdLease with an old epoch`],
  },
  {
    name: "lease-loss-not-noticed",
    breaks: "a commit goes on though it does not hold the lease",
    file: leases,
    find: `if (numAffectedRows !== 1n) throw new LeaseLostError(jobId, epoch);`,
    replace: `if (numAffectedRows > 1n) throw new LeaseLostError(jobId, epoch);`,
    tests: [`${storage} > holdLease with an old epoch`],
  },
  {
    name: "lease-epoch-stands-still",
    breaks: "the next runner has the epoch of the one before",
    file: leases,
    find: `epoch: seen + 1,
      runner_id`,
    replace: `epoch: Math.max(seen, 1),
      runner_id`,
    also: [{
      file: leases,
      find: `return { lease: { jobId, epoch: seen + 1 },`,
      replace: `return { lease: { jobId, epoch: Math.max(seen, 1) },`,
    }],
    tests: [storage],
  },
  {
    name: "lease-two-win-the-race",
    breaks: "of two runners that take a job at once both have it",
    file: leases,
    find: `if (numUpdatedRows !== 1n) throw new LeaseHeldError(jobId, "another runner");`,
    replace: "",
    tests: ["storage > on postgres > acquireLease: of two that race"],
    needsPostgres: true,
  },
  {
    name: "lease-is-never-held",
    breaks: "a job is taken from a runner that works on it",
    file: leases,
    find: `if (holder && !isOwn && await isHeld(holder, now, livenessOf)) {`,
    replace: `if (holder && isOwn && await isHeld(holder, now, livenessOf)) {`,
    tests: [storage],
  },
  {
    name: "lease-by-clock-alone",
    breaks: "a suspended runner that is known to live is taken over",
    file: leases,
    find: `if (liveness !== "unknown") return liveness === "alive";`,
    replace: "",
    tests: [storage],
  },
  {
    name: "lease-never-expires",
    breaks: "a runner of another host that died keeps the job for ever",
    file: leases,
    find: `return Date.parse(holder.expiresAt) > now.getTime();`,
    replace: `return Date.parse(holder.expiresAt) > 0;`,
    tests: [storage],
  },
  {
    name: "lease-is-not-lengthened",
    breaks: "a runner at work loses its lease when the first half minute is over",
    file: leases,
    find: `.set({ expires_at: bind("expiresAt") })`,
    replace: `.set((eb) => ({ expires_at: eb.fn.coalesce("expires_at", bind("expiresAt")) }))`,
    tests: [`${storage} > holdLease lengthens`],
  },
  {
    name: "lease-given-back-by-another",
    breaks: "a runner that was taken over gives the other one's lease back",
    file: leases,
    find: `.set({ runner_id: null, expires_at: null })
    .where("job_id", "=", lease.jobId)
    .where("epoch", "=", lease.epoch)`,
    replace: `.set({ runner_id: null, expires_at: null })
    .where("job_id", "=", lease.jobId)`,
    tests: [storage],
  },
  {
    name: "lease-epoch-begins-anew",
    breaks: "the epochs of a job begin anew when its lease is given back",
    file: leases,
    find: `.set({ runner_id: null, expires_at: null })`,
    replace: `.set({ runner_id: null, expires_at: null, epoch: 0 })`,
    tests: [storage],
  },
  {
    name: "finish-keeps-lease",
    breaks: "a job that ended stays in its runner's hands",
    file: "src/actors/finish_job.ts",
    find: `await releaseLease(trx, heldLease(world));`,
    replace: `heldLease(world);`,
    tests: ["controls > on sqlite", engine],
  },
  {
    name: "finish-saves-no-checkpoint",
    breaks: "the machine's last rest is not stored with the job's end",
    file: "src/actors/finish_job.ts",
    find: `await world.checkpoint.save(trx, jobId);`,
    replace: "",
    tests: [engine],
    survives:
      "the rest of the last claim is stored, and a snapshot is corrected by the rows: it says " +
      "nothing that they do not (`job-believes-snapshot`)",
  },
  {
    name: "finish-does-not-say-how",
    breaks: "a job that ended is `running` for ever",
    file: "src/actors/finish_job.ts",
    find: `await setJobStatus(trx, jobId, now, { from, to, reason, fault });`,
    replace: "",
    tests: [`${engine} > ships every row`],
  },
  {
    name: "commit-without-lease",
    breaks: "a commit does not hold the lease",
    file: world,
    find: `await holdLease(trx, lease, now);
      // It may`,
    replace: `// It may`,
    tests: ["taking_a_job > on sqlite", "suspended_runner"],
  },
  {
    name: "commit-is-made-twice",
    breaks: "a commit whose answer was lost is made again without a look at the trail",
    file: world,
    find: `if (before && await hasAudit(world.db, lease.jobId, before.head)) return before;
    const begun`,
    replace: `const begun`,
    also: [{
      file: world,
      find: `if (before && await hasAudit(trx, lease.jobId, before.head)) return before;`,
      replace: "",
    }],
    tests: ["lost_commits"],
  },
  {
    name: "database-is-not-waited-for",
    breaks: "a database that is away for a moment ends the run",
    file: "src/actors/database_part.ts",
    find: `if (!isOutage(error)) throw error;`,
    replace: `if (!isOutage(error) || used) throw error;`,
    tests: ["lost_commits"],
  },
  {
    name: "commit-unaudited",
    breaks: "what a commit changed stands in no trail",
    file: world,
    find: `const head = await appendAudit(trx, lease.jobId, now, entries, begun);`,
    replace: `const head = await appendAudit(trx, lease.jobId, now, entries.slice(1), begun);`,
    tests: [`${engine} > audits every change`],
  },
  {
    name: "commit-forgets-notes",
    breaks: "what happened to the parts is forgotten when a commit fails",
    file: world,
    find: `world.notes?.unshift(...notes);`,
    replace: "",
    tests: ["lost_commits"],
  },
  {
    name: "commit-keeps-stale-head",
    breaks: "after a commit that failed, the trail is taken up where it was before it",
    file: world,
    find: `let known = world.auditHead;
  world.auditHead = undefined;`,
    replace: `let known = world.auditHead;`,
    tests: ["lost_commits"],
  },
  {
    name: "lease-is-not-confirmed",
    breaks: "a runner that slept does not look whether the job is still its own",
    file: world,
    find: `if (idleMs < confirmAfterMs) return;`,
    replace: `if (idleMs < Infinity) return;`,
    tests: ["suspended_runner"],
  },
  {
    name: "trail-is-no-chain",
    breaks: "an entry's hash does not depend on the one before",
    file: audit,
    find: `const text = JSON.stringify([
    event.previous_hash,`,
    replace: `const text = JSON.stringify([`,
    tests: [`${storage} > binds each entry`],
  },
  {
    name: "trail-does-not-hash-details",
    breaks: "the details of an entry may be altered unnoticed",
    file: audit,
    find: `event.to_status,
    event.details,`,
    replace: `event.to_status,`,
    tests: [`${storage} > chains the trail`],
  },
  {
    name: "trail-gap-not-noticed",
    breaks: "a trail from which entries were taken out counts as whole",
    file: audit,
    find: `const fits = unhashed.sequence === before.sequence + 1 &&
      unhashed.previous_hash === before.hash && hashOf(unhashed) === hash;`,
    replace: `const fits = hashOf(unhashed) === hash;`,
    tests: [`${storage} > chains the trail`],
  },
  {
    name: "trail-takes-wrong-head",
    breaks: "a commit whose hash is another counts as the one that was lost",
    file: audit,
    find: `return found?.hash === head.hash;`,
    replace: `return found !== undefined;`,
    tests: [`${storage} > binds each entry`],
  },
  {
    name: "checkpoint-at-work",
    breaks: "a state that has actors at work is kept: restored, it buys again",
    file: checkpoint,
    find: `if (snapshot.hasTag("checkpoint")) this.#snapshot = readRest(actor);`,
    replace: `this.#snapshot = readRest(actor);`,
    tests: ["stored_snapshot"],
  },
  {
    name: "checkpoint-takes-children",
    breaks: "a rest that has actors at work is not refused",
    file: checkpoint,
    find: `throw new TypeError("Cannot keep a checkpoint: its state has actors at work");`,
    replace: "",
    tests: ["stored_snapshot", "job_machine"],
    survives:
      "no state with the tag invokes anything (`job-rests-while-working` shows that a test " +
      "says so), and `stored_snapshot.ts` refuses one with actors at work before it is restored",
  },
  {
    name: "snapshot-of-another-version",
    breaks: "the snapshot of another version of the machine is restored",
    file: stored,
    find: `if (stored.version !== jobMachineVersion) {`,
    replace: `if (stored.version < 0) {`,
    tests: ["stored_snapshot"],
  },
  {
    name: "snapshot-of-another-job",
    breaks: "the snapshot of another job is restored",
    file: stored,
    find: `if (trial.context.jobId !== jobId) return { setAside: "made for another job" };`,
    replace: "",
    tests: ["stored_snapshot"],
  },
  {
    name: "snapshot-at-work",
    breaks: "a snapshot with actors at work is restored: they start again, a purchase too",
    file: stored,
    find: `if (atWork || !trial.hasTag("checkpoint")) return { setAside: "not taken at rest" };`,
    replace: `if (atWork && atWork === undefined) return { setAside: "not taken at rest" };`,
    tests: ["stored_snapshot"],
  },
  {
    name: "snapshot-of-ended-actor",
    breaks: "the snapshot of an ended actor is restored, and the job does nothing for ever",
    file: stored,
    find: `if (snapshot?.status !== "active")`,
    replace: `if (snapshot === undefined)`,
    tests: ["stored_snapshot"],
    mayHang: true,
  },
];
