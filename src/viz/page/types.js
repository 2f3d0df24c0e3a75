// @ts-check
/**
 * What the server sends, in the words of JSDoc; there is no code in here.
 *
 * @typedef {{ machine: string, state: string, actor?: string, via: string[],
 *   isInferred: boolean, isBeginning: boolean }} Step
 * @typedef {{ first: number, at: number[], row: number[], type: number[], to: number[],
 *   passage: number[], bought: [number, string, number | null, string][],
 *   errors: [number, string][],
 *   tables: { from: [number, number, number], types: string[], statuses: string[],
 *     passages: Step[][] } }} Changes
 * @typedef {{ number: string, costMinor: number | null, currency: string }} Bought
 * @typedef {{ state: string, isInferred: boolean, sinceMs: number, path: Step[] }} MachineMoment
 * @typedef {{ code: string, message: string }} ProblemTold
 * @typedef {{ child: string, state: string, restarts?: number,
 *   exit?: { reason: string, code: string } }} ChildTold
 * @typedef {{ rowNumber: number, purpose: string }} TaskTold
 * @typedef {{ trackingNumbers: string[], costMinor?: number, currencyCode?: string }} LabelTold
 * @typedef {{ supervisor?: { children: Record<string, ChildTold>, restarted: number },
 *   child?: ChildTold,
 *   job?: { epoch?: number, task?: TaskTold, cursor?: number,
 *     figures?: { total?: number, done: number, failed: number, costs?: Record<string, number> },
 *     halt?: { status: string, reason?: string, rowNumber?: number, problem?: ProblemTold } },
 *   row?: { task: TaskTold, attempts: number, attempt?: { key: string, generation?: number },
 *     answer?: { type: string }, verdict?: { type: string }, label?: LabelTold,
 *     problem?: ProblemTold },
 *   reconcile?: { attempt: { key: string }, doesExist?: true, lookUps?: string[],
 *     label?: LabelTold } }} Contexts
 * @typedef {{ count: number, ms: number }} Visits
 * @typedef {{ sequence: number, atMs: number, row: number, type: string,
 *   counts: Map<string, number>, costs: Map<string, number>, labels: number,
 *   machines: Map<string, MachineMoment>, visits: Map<string, Map<string, Visits>>,
 *   statuses: Uint8Array, attempts: Uint16Array, changed: Float64Array,
 *   bought: Uint32Array, activeRow: number, lastRow: number }} Moment
 * @typedef {{ sequence: number, at: string, type: string, row_number: number | null,
 *   from_status: string | null, to_status: string | null,
 *   details: Record<string, unknown> }} Entry
 * @typedef {{ sequence: number, entry: Entry | null, contexts: Contexts }} ToldMoment
 * @typedef {{ id: string, name: string, status: string, row_count: number,
 *   status_reason: string | null, created_at: string, started_at: string | null,
 *   finished_at: string | null, error_code: string | null, error_message: string | null,
 *   error_row: number | null, error_remedy: string | null, source_uri: string,
 *   carrier_server: string | null, template_name: string, epoch: number,
 *   stored: { value: unknown, context: unknown } | null,
 *   runner: { name: string, expires_at: string, is_overdue: boolean } | null | undefined }} Job
 * @typedef {{ key: string, generation: number, account: string | null, sent_at: string,
 *   outcome: string | null, answer: unknown, answered_at: string | null,
 *   resolution: string | null, resolved_at: string | null, exists_since: string | null,
 *   look_ups: { at: string, said: string }[], duplicate: string[] | null,
 *   payload_sha256: string }} Attempt
 * @typedef {{ row_number: number, status: string, generation: number, shipment_id: string | null,
 *   tracking_numbers: string[], cost_minor: number | null, currency_code: string | null,
 *   shipped_at: string | null, updated_at: string, error_code: string | null,
 *   error_message: string | null, remedy: string | null, attempts: Attempt[], entries: Entry[],
 *   labels: { format: string, tracking_number: string, sha256?: string, kind?: string }[]
 *   }} RowDetails
 * @typedef {{ sequence: number, last: number, isNow: boolean, status: string, numbers: string[],
 *   costMinor: number | null, currency: string, generation: number, changedAt: string,
 *   attempts: Attempt[], hasLabel: boolean }} RowMoment
 */
export {};
