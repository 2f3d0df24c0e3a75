/**
 * Ways to break what happens after a crash: taking a job up, look-ups, the sweep of keys; and what keeps
 * an order from being shipped by two jobs.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const recover = "src/actors/recover_job.ts";
const task = "src/actors/row_task.ts";
const lookUp = "src/actors/look_up.ts";
const found = "src/actors/read_found.ts";
const sweep = "src/actors/sweep_keys.ts";
const attempts = "src/db/attempts.ts";

const engine = "batch_executor > on sqlite";
const lost = "lost_answers > on sqlite";
const late = `${lost} > tells of a label that comes later`;

/** Ways to break recovery. */
export const recoveryMutations: readonly Mutation[] = [
  {
    name: "recover-skips-a-row",
    breaks: "a job that is taken up begins behind its first unfinished row",
    file: recover,
    find: `cursor: next ? next.row_number - 1 : maxRowNumber,`,
    replace: `cursor: next ? next.row_number : maxRowNumber,`,
    tests: [`${engine} > carries on after a retry`, engine],
  },
  {
    name: "recover-loses-what-was-lost",
    breaks: "a purchase whose runner died is not cleared up before preflight",
    file: recover,
    find: `if (task.lost) return { ...task, purpose: "settle", request: undefined };`,
    replace: "",
    tests: [`${lost} > is cleared up before preflight`, lost],
  },
  {
    name: "recover-buys-while-settling",
    breaks: "clearing up a lost purchase goes on to buy its row, before preflight",
    file: recover,
    find: `purpose: "settle", request: undefined };`,
    replace: `purpose: "ship", request: undefined };`,
    tests: ["taking_a_job > on sqlite > clears up a purchase"],
  },
  {
    name: "recover-ignores-rival",
    breaks: "two jobs of one source ship its orders side by side",
    file: recover,
    find: `if (isOpen) await refuseRival(world, sourceUri);`,
    replace: "",
    tests: [`${engine} > ships nothing that another job`],
  },
  {
    name: "recover-counts-no-owed-voids",
    breaks: "voids that the source is owed are not brought by the next run",
    file: recover,
    find: `owed: counts.shipped + (await findOpenVoids(world.db, jobId)).owed,`,
    replace: `owed: counts.shipped,`,
    tests: [
      "void_rows > on sqlite > keeps a void that the source cannot take",
      "void_rows > on sqlite",
    ],
  },
  {
    name: "recover-forgets-second-label",
    breaks: "a second label that was found before does not stop the next run",
    file: recover,
    find: `duplicate: duplicate && {`,
    replace: `duplicate: duplicate && jobId === "" ? undefined : undefined && {`,
    tests: [late, lost],
  },
  {
    name: "recover-forgets-superseded-keys",
    breaks: "keys that were given up on are not asked about at the next start",
    file: recover,
    find: `return (await listSuperseded(world.db, world.job.id, any)).length > 0;`,
    replace: `return (await listSuperseded(world.db, world.job.id, any)).length > 100;`,
    tests: [late],
  },
  {
    name: "task-unanswered-is-not-lost",
    breaks: "an attempt without an answer is not asked about: its row is bought again",
    file: task,
    find: `return outcome === null || (outcome === "uncertain" && resolution === null);`,
    replace: `return outcome === "uncertain" && resolution === null;`,
    tests: [`${lost} > is cleared up before preflight`, lost],
  },
  {
    name: "task-uncertain-is-not-lost",
    breaks: "an attempt with an unknown answer is not asked about by the next run",
    file: task,
    find: `return outcome === null || (outcome === "uncertain" && resolution === null);`,
    replace: `return outcome === null;`,
    tests: [`${lost} > waits no longer when`, lost],
  },
  {
    name: "task-resolved-is-lost",
    breaks: "an attempt that was cleared up is asked about again and again",
    file: task,
    find: `(outcome === "uncertain" && resolution === null);`,
    replace: `outcome === "uncertain";`,
    tests: [`${lost} > is cleared up before preflight`],
    survives:
      "what is known to be absent is asked about once more, and is absent again: a look-up too many, and no label",
  },
  {
    name: "task-forgets-existence",
    breaks: "that the carrier once had the shipment is forgotten by the next run",
    file: task,
    find: `doesExist: exists_since !== null,`,
    replace: `doesExist: false,`,
    tests: [`${lost} > whose shipment the carrier once had`],
  },
  {
    name: "task-quiet-period-begins-now",
    breaks: "an attempt looks old: its quiet period is over at once",
    file: task,
    find: `sentAtMs: Date.parse(sent_at),`,
    replace: `sentAtMs: Date.parse(sent_at) - 600_000,`,
    tests: ["taking_a_job > on sqlite > clears up a purchase"],
  },
  {
    name: "look-up-forgets-existence",
    breaks: "that the carrier has the shipment is not kept when it is heard",
    file: lookUp,
    find: `if (!isThere || doesExist) return;`,
    replace: `if (!isThere || !doesExist) return;`,
    tests: [`${lost} > whose shipment the carrier once had`],
  },
  {
    name: "look-up-takes-anothers-label",
    breaks: "a label that is another row's is adopted",
    file: lookUp,
    find: `if (taken) {`,
    replace: `if (taken && taken.rowNumber < 0) {`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "look-up-control-from-own-books",
    breaks: "the control is answered by the server's own journal, which proves nothing",
    file: lookUp,
    find: `const { type } = await ask(world, { ...attempt, key }, { "waybill/fresh": true });`,
    replace: `const { type } = await ask(world, { ...attempt, key });`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "look-up-failed-control-is-seen",
    breaks: "a control that cannot be asked about proves absence",
    file: lookUp,
    find: `case "unknown":
      case "unsupported":
        return "unknown";`,
    replace: `case "unknown":
      case "unsupported":
        return "seen";`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "look-up-missing-control-is-seen",
    breaks: "a control that is not found proves absence",
    file: lookUp,
    find: `case "none":
        return "not_seen";`,
    replace: `case "none":
        return "seen";`,
    tests: [`${lost} > goes to a person where nothing proves`, lost],
  },
  {
    name: "look-up-error-is-none",
    breaks: 'a look-up that fails counts as "not found"',
    file: lookUp,
    find: `return { type: "unknown", problem, retryAfterMs: 0, atMs };`,
    replace:
      `return problem.code === "" ? { type: "unknown", problem, retryAfterMs: 0, atMs } : { type: "none", isTrusted: true, atMs };`,
    tests: ["look_ups > on sqlite > is no proof of absence"],
  },
  {
    name: "look-up-blames-dead-server",
    breaks: "a carrier's server that was given up counts as a carrier that cannot tell",
    file: lookUp,
    find: `if (found.type !== "unknown" || !world.carrierPart.isGone) return found;`,
    replace: `if (found.type !== "unknown" || world.carrierPart.isGone) return found;`,
    tests: ["server_faults > the carrier dies of every purchase"],
  },
  {
    name: "look-up-of-default-account",
    breaks: "a purchase is looked up at another account than the one that paid",
    file: lookUp,
    find: `...(account === undefined ? {} : { account_number: account }),`,
    replace: `...(account === undefined ? { account_number: account } : {}),`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "found-rubbish-is-none",
    breaks: 'an unreadable look-up counts as "not found"',
    file: found,
    find: `return { type: "unknown", problem: codeOnly("E-4010"), retryAfterMs: 0, atMs };`,
    replace: `return { type: "none", isTrusted: true, atMs };`,
    tests: ["look_ups > on sqlite > is no proof of absence"],
  },
  {
    name: "found-none-with-number",
    breaks: '"not found" that names a number is believed',
    file: found,
    find: `if (first !== undefined) {
        return { type: "exists", as: found, trackingNumbers: [first, ...rest], atMs };
      }`,
    replace: "",
    tests: ["look_ups > on sqlite > is no proof of absence"],
  },
  {
    name: "found-one-without-number",
    breaks: "a shipment that lacks a package's number is adopted",
    file: found,
    find: `if (first === undefined || numbers.length < (tracking_numbers ?? []).length) {`,
    replace: `if (first === undefined) {`,
    tests: ["look_ups > on sqlite > is no proof of absence"],
  },
  {
    name: "found-trusts-test-environment",
    breaks: '"not found" of UPS\'s test system is trusted',
    file: found,
    find: `isTrusted: read.data.environment !== "test",`,
    replace: `isTrusted: read.data.environment !== undefined || read.data.found === "none",`,
    tests: ["look_ups > on sqlite > is no proof of absence"],
  },
  {
    name: "sweep-reports-own-label",
    breaks: "the row's own label counts as a second one",
    file: sweep,
    find: `const own = [tracking_numbers, voided_numbers].flatMap((json) => numbersIn(json));`,
    replace: `const own = [voided_numbers].flatMap((json) => numbersIn(json));`,
    tests: ["look_ups > on sqlite > is asked once more"],
  },
  {
    name: "sweep-reports-voided-label",
    breaks: "a label that was voided counts as a second one",
    file: sweep,
    find: `const own = [tracking_numbers, voided_numbers].flatMap((json) => numbersIn(json));`,
    replace: `const own = [tracking_numbers].flatMap((json) => numbersIn(json));`,
    tests: [lost, "void_rows > on sqlite > takes no voided purchase for a control"],
  },
  {
    name: "sweep-overlooks-unnumbered",
    breaks: "a shipment without its number is no second label",
    file: sweep,
    find: `return numbers.length > 0 && others.length === 0 ? undefined : others;`,
    replace: `return others.length === 0 ? undefined : others;`,
    tests: ["look_ups > on sqlite > is asked at the end once more"],
  },
  {
    name: "sweep-records-nothing",
    breaks: "a second label is told once and forgotten",
    file: sweep,
    find: `await markSwept(trx, now, key, duplicate);`,
    replace: `await markSwept(trx, now, key, undefined);`,
    tests: [late],
  },
  {
    name: "sweep-asks-first-page-only",
    breaks: "a key that gets no answer keeps all others from being asked about",
    file: attempts,
    find: `.where("attempts.duplicate", "is", null)`,
    replace: `.where("attempts.swept_at", "is", null).where("attempts.duplicate", "is", null)`,
    tests: [`${lost} > asks about every superseded key`, late, lost],
  },
  {
    name: "sweep-leaves-absent-out",
    breaks: "keys that were called absent are not asked about again",
    file: attempts,
    find:
      `.where((eb) => eb.or([eb("resolution", "is", null), eb("resolution", "<>", "adopted")]))`,
    replace: `.where("resolution", "is", null)`,
    tests: [late],
  },
  {
    name: "sweep-leaves-shipped-out",
    breaks: "only rows that are written back are asked about",
    file: attempts,
    find: `.where("job_rows.status", "in", ["shipped", "completed", "skipped", "voided"]);`,
    replace: `.where("job_rows.status", "in", ["completed"]);`,
    tests: ["look_ups > on sqlite > is asked at the end once more"],
  },
  {
    name: "second-label-is-settled-by-itself",
    breaks: "a second label that nobody has dealt with no longer stops the job",
    file: attempts,
    find: `.where("duplicate", "is not", null)
    .where("duplicate_settled_at", "is", null)`,
    replace: `.where("duplicate", "is not", null)
    .where("duplicate_settled_at", "is not", null)`,
    tests: [late],
  },
  {
    name: "carrier-is-changed-in-flight",
    breaks: "a purchase that is open at one carrier is looked up at another, and bought again",
    file: "src/actors/take_carrier.ts",
    find: `if (carrier !== carrierName) throw sentElsewhere(rowNumber, carrier);`,
    replace: "",
    tests: ["taking_a_job > on sqlite"],
  },
  {
    name: "carrier-is-mixed",
    breaks: "half of a batch is bought for real, and half for trying out",
    file: "src/actors/take_carrier.ts",
    find: `if (bought === 0) return;`,
    replace: `if (bought >= 0) return;`,
    tests: ["taking_a_job > on sqlite"],
  },
  {
    name: "fetch-takes-changed-data",
    breaks: "a label is bought for data that nobody has seen",
    file: "src/actors/fetch_row.ts",
    find: `if (row.checksum === checksum) return unlessShipped(row);`,
    replace: `if (row.checksum !== "") return unlessShipped(row);`,
    tests: [`${engine} > buys nothing for data that changed`],
  },
  {
    name: "fetch-takes-shipped-rows",
    breaks: "a row that has a number already gets another label",
    file: "src/actors/fetch_row.ts",
    find: `if (number === "") return { type: "fetched", data };`,
    replace: `if (number !== undefined) return { type: "fetched", data };`,
    tests: [`${engine} > buys nothing for a row that has a tracking number`],
  },
  {
    name: "import-takes-shipped-orders",
    breaks: "a file that was exported again is shipped again",
    file: "src/actors/same_source.ts",
    find: `if (!wanted.has(row.checksum)) continue;`,
    replace: `if (wanted.has(row.checksum)) continue;`,
    tests: ["taken_up"],
  },
  {
    name: "import-forgets-shipped-rows",
    breaks: "orders whose number is not in the source yet are imported again",
    file: "src/actors/same_source.ts",
    find: `for (const status of ["completed", "shipped"] as const) {`,
    replace: `for (const status of ["completed"] as const) {`,
    tests: ["taken_up"],
  },
];
