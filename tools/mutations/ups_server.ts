/**
 * Ways to break the UPS server: its journal of keys, its one POST, what it believes of UPS's answers.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const journal = "src/servers/ups/journal.ts";
const create = "src/servers/ups/create_shipment.ts";
const post = "src/servers/ups/ship_post.ts";
const answer = "src/servers/ups/ship_answer.ts";
const find = "src/servers/ups/find_shipment.ts";
const recovery = "src/servers/ups/recovery.ts";

/** Ways to break the UPS server. */
export const upsServerMutations: readonly Mutation[] = [
  {
    name: "ups-journal-forgets-keys",
    breaks: "a key that is in the journal is entered anew, and sent again",
    file: journal,
    find: `'sending', null, null)
     on conflict do nothing\`,`,
    replace: `'sending', null, null)
     on conflict do update set state = 'sending', answer = null, answered_at = null\`,`,
    tests: ["ups_journal"],
  },
  {
    name: "ups-journal-keeps-no-answer",
    breaks: "what UPS answered is not journalled",
    file: journal,
    find: `answer.run(JSON.stringify(given), now(), key);`,
    replace: `JSON.stringify(given);`,
    tests: ["ups_journal"],
  },
  {
    name: "ups-journal-forgets-answered",
    breaks: "a key may be forgotten that was answered",
    file: journal,
    find: `"delete from purchases where key = ? and state = 'sending'"`,
    replace: `"delete from purchases where key = ?"`,
    tests: ["ups_journal", "ups_find"],
  },
  {
    name: "ups-journal-not-durable",
    breaks: "an entry may be lost with the power, after its key was sent",
    file: journal,
    find: `pragma synchronous = full`,
    replace: `pragma synchronous = normal`,
    tests: ["power_loss > syncs each step"],
  },
  {
    name: "ups-journal-everybody-is-dead",
    breaks: "a purchase of a server that lives counts as abandoned",
    file: journal,
    find: `return serverId === lock.id ? ours.has(key) : lock.isAlive(serverId);`,
    replace: `return serverId === lock.id && ours.has(key);`,
    tests: ["ups_journal"],
  },
  {
    name: "ups-journal-own-is-dead",
    breaks: "a purchase that this very server is at work on counts as abandoned",
    file: journal,
    find: `return serverId === lock.id ? ours.has(key) : lock.isAlive(serverId);`,
    replace: `return serverId !== lock.id && lock.isAlive(serverId);`,
    tests: ["ups_find", "ups_journal"],
  },
  {
    name: "ups-journal-forgets-void",
    breaks: "a label whose void was begun is given as one that lives",
    file: journal,
    find: `return known.some((each) => each["voided_at"] !== null) ? true : undefined;`,
    replace: `return known.some((each) => each["voided_at"] !== null);`,
    tests: ["ups_void"],
  },
  {
    name: "ups-sends-known-key",
    breaks: "a key that the journal knows is sent again",
    file: create,
    find: `if (known) return knownAnswer(known, sending?.payloadHash, ups);`,
    replace: "",
    also: [{
      file: create,
      find:
        `return first ? knownAnswer(first, sending.payloadHash, ups) : await send(sending, ups, token);`,
      replace: `return await send(sending, ups, first ? token : token);`,
    }],
    tests: ["ups_journal"],
  },
  {
    name: "ups-asks-journal-late",
    breaks: "a known key is refused for its data before the journal speaks",
    file: create,
    find: `if (known) return knownAnswer(known, sending?.payloadHash, ups);`,
    replace: "",
    tests: ["ups_journal"],
  },
  {
    name: "ups-loses-race-of-two",
    breaks: "of two servers that are asked at once both send",
    file: create,
    find:
      `return first ? knownAnswer(first, sending.payloadHash, ups) : await send(sending, ups, token);`,
    replace: `return await send(sending, ups, first ? token : token);`,
    tests: ["ups_journal"],
  },
  {
    name: "ups-sends-before-journal",
    breaks: "a purchase is sent though the journal could not be written",
    file: create,
    find:
      `return notSent("E-4001", \`The journal cannot be written: \${ensureError(error).message}\`);`,
    replace: `first = undefined;`,
    tests: ["ups_journal"],
  },
  {
    name: "ups-forgets-unanswered",
    breaks: "a key whose answer was lost is taken out of the journal",
    file: create,
    find: `if (!sent || sent.kind === "not_sent") {`,
    replace: `if (!sent || sent.kind !== "answered") {`,
    tests: ["ups_journal", "ups_server > UPS server and a carrier that fails"],
  },
  {
    name: "ups-sends-late",
    breaks: "a purchase is sent after the moment that the caller set",
    file: create,
    find: `return sendBefore !== undefined && Date.now() >= sendBefore;`,
    replace: `return sendBefore !== undefined && Date.now() < 0;`,
    tests: ["ups_journal"],
  },
  {
    name: "ups-sends-late-after-journal",
    breaks: "the moment is not looked at again when the journal has taken its time",
    file: create,
    find: `const sent = isLate(sending)
    ? undefined
    : await postShip`,
    replace: `const sent = await postShip`,
    tests: ["ups_journal"],
    survives:
      "no test makes a disk wait between the first look and the send; the moment is a quarter of the quiet period, so that so much more is still within it",
  },
  {
    name: "ups-answers-for-another-ups",
    breaks: "what was bought from the sandbox counts as bought for real",
    file: create,
    find: `if (entry.environment === settings.environment) return answerAgain(entry, payloadHash);`,
    replace: `if (settings.environment) return answerAgain(entry, payloadHash);`,
    tests: ["ups_journal", "ups_find"],
  },
  {
    name: "ups-buys-though-told-not-to",
    breaks: "a server that was started with --no-purchases buys",
    file: create,
    find: `if (settings.noPurchases) return notBuying();`,
    replace: "",
    tests: ["ups_journal", "ups_settings"],
  },
  {
    name: "ups-journals-addresses",
    breaks: "UPS's words are journalled with the recipient's address in them",
    file: create,
    find: `journal.finish(key, journalAnswer(answer, request))`,
    replace: `journal.finish(key, answer)`,
    tests: ["ups_journal > keeps no word of an address"],
  },
  {
    name: "ups-keeps-connections",
    breaks: "a kept connection that is closed has `fetch` send the purchase again",
    file: post,
    find: `poolMaxIdlePerHost: 0,`,
    replace: `poolMaxIdlePerHost: 8,`,
    tests: ["ups_server > sends once even if"],
  },
  {
    name: "ups-lost-is-not-sent",
    breaks: "a connection that broke after the request counts as nothing sent",
    file: post,
    find:
      `return error instanceof TypeError && ensureError(error.cause).message.includes(connectFailed);`,
    replace:
      `return error instanceof TypeError && ensureError(error.cause).message !== connectFailed;`,
    tests: ["ups_server > sends once and is uncertain"],
  },
  {
    name: "ups-follows-redirects",
    breaks: "a purchase is sent on to wherever the answer points",
    file: post,
    find: `redirect: "error",`,
    replace: `redirect: "follow",`,
    tests: ["ups_server > is uncertain when the answer breaks off"],
  },
  {
    name: "ups-server-error-is-refusal",
    breaks: "HTTP 500 counts as a refusal",
    file: answer,
    find: `new Set([400, 401, 403, 429])`,
    replace: `new Set([400, 401, 403, 429, 500])`,
    tests: ["ship_answer"],
  },
  {
    name: "ups-wordless-refusal",
    breaks: "a refusal that UPS did not write (a proxy's) is believed",
    file: answer,
    find:
      `if (errors.length === 0) return uncertain(http, "the refusal is not one that UPS wrote");`,
    replace: "",
    tests: ["ship_answer"],
  },
  {
    name: "ups-ambiguous-refusal",
    breaks: "UPS's failure in the middle of its work counts as a refusal",
    file: answer,
    find: `return meaning?.kind === "ambiguous";`,
    replace: `return meaning?.kind === undefined;`,
    tests: ["ship_answer"],
  },
  {
    name: "ups-answer-of-another-request",
    breaks: "the answer to another request is taken for this one's",
    file: answer,
    find: `if (echo && echo !== asked.key) return "the answer belongs to another request";`,
    replace: "",
    tests: ["ship_answer"],
  },
  {
    name: "ups-fewer-packages",
    breaks: "a shipment with fewer packages than were sent counts as bought",
    file: answer,
    find: `if (numbers.length !== asked.packages || numbers.includes("")) {`,
    replace: `if (numbers.includes("")) {`,
    tests: ["ship_answer"],
    survives: "the labels are counted as well, one line below: fewer packages have fewer labels",
  },
  {
    name: "ups-find-while-under-way",
    breaks: "a purchase that is under way is looked up, and not found",
    file: find,
    find: `if (before && journal.isUnderWay(before)) {`,
    replace: `if (before && before.answer && journal.isUnderWay(before)) {`,
    tests: ["ups_find"],
  },
  {
    name: "ups-find-of-another-ups",
    breaks: "a key that went to the sandbox is looked up at UPS, and not found",
    file: find,
    find: `if (entry && entry.environment !== settings.environment) {`,
    replace: `if (entry && entry.environment === "") {`,
    tests: ["ups_find"],
  },
  {
    name: "ups-control-from-own-books",
    breaks: "a control is answered by the server's own journal",
    file: find,
    find: `const known = isFresh ? undefined : knownFate(entry, journal);`,
    replace: `const known = knownFate(entry, journal);`,
    tests: ["ups_find"],
  },
  {
    name: "ups-none-without-tracking",
    breaks: '"not found" of label recovery alone counts, tracking is not asked',
    file: find,
    find: `: await corroborate(key, account, entry, ups);`,
    replace: `: { found: "none" };`,
    tests: ["ups_find"],
  },
  {
    name: "ups-none-though-answer-named-it",
    breaks: "a number that a broken answer named is not asked about",
    file: find,
    find: `return entry?.answer?.tracking_numbers?.length && !isFresh`,
    replace: `return entry?.answer?.tracking_numbers?.length && isFresh`,
    tests: ["ups_find"],
  },
  {
    name: "ups-adopts-part",
    breaks: "a shipment that lacks a label or a package is given as whole",
    file: find,
    find: `if (!isWhole) return { found: "exists_no_label", ...numbers(trackingNumbers) };`,
    replace: "",
    tests: ["ups_find"],
  },
  {
    name: "ups-adopts-more",
    breaks: "more packages than were sent are given as the shipment",
    file: find,
    find:
      `if (trackingNumbers.length > packages) return { found: "many", ...numbers(trackingNumbers) };`,
    replace: "",
    tests: ["ups_find"],
  },
  {
    name: "ups-not-found-beside-fault",
    breaks: '"not found" beside another fault is believed',
    file: recovery,
    find: `kinds.length > 0 && kinds.every((kind) => kind === "not_found");`,
    replace: `kinds.some((kind) => kind === "not_found");`,
    tests: ["ups_find"],
  },
  {
    name: "ups-not-found-at-any-status",
    breaks: '"not found" is believed at whatever status it comes',
    file: recovery,
    find: `if (http.status === 400 || http.status === 404) {`,
    replace: `if (http.status !== 200) {`,
    tests: ["ups_find"],
  },
  {
    name: "ups-several-are-one",
    breaks: "of several shipments with one reference the first is adopted",
    file: recovery,
    find: `if (TrackingCandidate.length > 1) return { kind: "many", seen };`,
    replace: "",
    tests: ["ups_find"],
  },
];
