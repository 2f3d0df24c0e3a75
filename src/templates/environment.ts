/**
 * Mapping templates: a row in, the arguments of `shipping_create` out. Everything a template does
 * happens in a worker without permissions; this side only asks, waits, and words the errors.
 *
 * @module
 */
import { ensureError, WaybillError } from "../errors.ts";
import type { TemplateColumn } from "./protocol.ts";
import {
  columnsError,
  faultError,
  jsonError,
  missingColumns,
  silenceError,
  type Subject,
} from "./template_errors.ts";
import { type RoomOptions, TemplateRoom } from "./template_room.ts";

/** A template as it was read. */
export interface TemplateSource {
  /** The file's name, for messages. */
  name: string;
  /** The template. */
  text: string;
}

/** What one row is rendered from. */
export interface TemplateContext {
  /** The row's cells by column; an empty cell may be `null`. */
  row: Record<string, unknown>;
  /** Which row it is, for messages. */
  rowNumber: number;
  /** The job's shipper. */
  shipper: unknown;
  /** The job. */
  job: { id: string; name: string };
}

/** @internal One row's request, or why there is none. */
export type Rendered = { ok: true; request: unknown } | { ok: false; error: WaybillError };

/** A template that was compiled. */
export interface CompiledTemplate {
  /**
   * The columns of `row` that the template names, each with the first line it is needed on, and
   * whether a missing one is allowed because a default stands wherever it is named.
   */
  readonly columns: readonly TemplateColumn[];

  /**
   * Renders rows. Never rejects because of what a template or a row does.
   *
   * @param contexts What they are rendered from.
   * @returns One result for each, in order.
   */
  render(contexts: readonly TemplateContext[]): Promise<Rendered[]>;
}

/** Where templates are compiled; its end stops all workers. */
export interface TemplateEnvironment extends AsyncDisposable {
  /**
   * Compiles a template.
   *
   * @param source The template.
   * @returns The template, ready to render.
   * @throws {WaybillError} E-4003 with the line, if it is not a template.
   */
  compile(source: TemplateSource): Promise<CompiledTemplate>;

  /**
   * Waits until a worker breaks: not one that took too long, which is a template's fault.
   *
   * @returns What is said of it.
   */
  broken?(): Promise<string>;
}

/** How an environment is set up. */
export interface EnvironmentOptions {
  /** How long one row may take; 2000 if left out. */
  timeLimitMs?: number;
  /** The worker's module: another one only in tests, as a hostile template would have it. */
  workerUrl?: URL;
}

/** How many rows go to the worker in one message. */
const batchSize = 200;
/** After so many rows that took too long, the rest of a call is not tried: it would take hours. */
const mostTimeouts = 3;
/** How many workers may run; beyond, the one unused for longest is stopped until it is needed. */
const mostWorkers = 8;

/**
 * Opens a place to compile templates in. The first worker starts at once, so that it has loaded when
 * there is a template for it.
 *
 * @param options The time limit.
 * @returns The environment; dispose of it, since a worker keeps the process alive.
 */
export function openTemplateEnvironment(options: EnvironmentOptions = {}): TemplateEnvironment {
  let breaking = Promise.withResolvers<string>();
  const roomOptions: RoomOptions = {
    onBroken(message) {
      breaking.resolve(message);
      breaking = Promise.withResolvers();
    },
    timeLimitMs: options.timeLimitMs ?? 2000,
    workerUrl: options.workerUrl ?? new URL("./worker.ts", import.meta.url),
  };
  /** In the order of their last use. */
  const rooms = new Set<TemplateRoom>();
  /** What was compiled, by its text: jobs that use the same template share its worker. */
  const known = new Map<string, { room: TemplateRoom; columns: readonly TemplateColumn[] }>();
  let spare: TemplateRoom | undefined = new TemplateRoom(roomOptions);
  spare.start();
  rooms.add(spare);

  function use(room: TemplateRoom): void {
    rooms.delete(room);
    rooms.add(room);
    const open = [...rooms].filter((each) => each !== room && each.isOpen);
    const idle = open.filter((each) => !each.isBusy);
    for (const each of idle.slice(0, Math.max(0, open.length + 1 - mostWorkers))) each.stop();
  }

  /** A template, for whoever asks for it by whatever name. */
  function told(
    { room, columns }: { room: TemplateRoom; columns: readonly TemplateColumn[] },
    name: string,
  ): CompiledTemplate {
    return {
      columns,
      render(contexts) {
        use(room);
        return renderRows(room, { ...roomOptions, columns, name }, contexts);
      },
    };
  }

  return {
    broken: () => breaking.promise,
    async compile(source: TemplateSource): Promise<CompiledTemplate> {
      const before = known.get(source.text);
      if (before) return told(before, source.name);
      const room = spare ?? new TemplateRoom(roomOptions);
      spare = undefined;
      use(room);
      const compiled = await room.compile(source.text);
      if (compiled.kind === "compiled") {
        const { columns } = compiled;
        known.set(source.text, { room, columns });
        return told({ room, columns }, source.name);
      }
      rooms.delete(room);
      room[Symbol.dispose]();
      const about = { templateName: source.name, timeLimitMs: roomOptions.timeLimitMs };
      throw compiled.kind === "refused"
        ? faultError(compiled.fault, about)
        : silenceError(compiled, about);
    },
    [Symbol.asyncDispose](): Promise<void> {
      for (const room of rooms) room[Symbol.dispose]();
      rooms.clear();
      known.clear();
      return Promise.resolve();
    },
  };
}

/** What is known of a template on this side. */
interface TemplateFacts {
  name: string;
  columns: readonly TemplateColumn[];
  timeLimitMs: number;
}

async function renderRows(
  room: TemplateRoom,
  facts: TemplateFacts,
  contexts: readonly TemplateContext[],
): Promise<Rendered[]> {
  const results: Rendered[] = [];
  for (let from = 0; from < contexts.length; from += batchSize) {
    results.push(...await renderBatch(room, facts, contexts.slice(from, from + batchSize)));
  }
  return results;
}

async function renderBatch(
  room: TemplateRoom,
  facts: TemplateFacts,
  contexts: readonly TemplateContext[],
): Promise<Rendered[]> {
  const results = contexts.map((context) => refuseMissing(facts, context));
  const complete = contexts.filter((_, index) => results[index] === undefined);
  const rendered = complete.length === 0 ? [] : await renderComplete(room, facts, complete);
  let next = 0;
  return results.map((refused) => refused ?? rendered[next++] ?? missingResult());
}

function refuseMissing(facts: TemplateFacts, context: TemplateContext): Rendered | undefined {
  const missing = missingColumns(facts.columns, context);
  if (missing.length === 0) return undefined;
  return { ok: false, error: columnsError(missing, subject(facts, context)) };
}

async function renderComplete(
  room: TemplateRoom,
  facts: TemplateFacts,
  contexts: readonly TemplateContext[],
  timeouts = 0,
): Promise<Rendered[]> {
  const answer = await room.render(
    contexts.map(({ row, shipper, job }) => ({ row, shipper, job })),
  );
  if (answer.kind === "rendered") {
    const done = answer.rows.map((row, index): Rendered => {
      const context = contexts[index];
      if (context === undefined) return missingResult();
      const about = subject(facts, context);
      return row.ok
        ? readRequest(row.text, about)
        : { ok: false, error: faultError(row.fault, about) };
    });
    const rest = contexts.slice(done.length);
    if (rest.length === 0) return done;
    const spent = timeouts + done.filter(tookTooLong).length;
    return [...done, ...await renderRest(room, facts, rest, spent)];
  }
  const [first] = contexts;
  if (first !== undefined && contexts.length === 1) {
    const about = subject(facts, first);
    return [{
      ok: false,
      error: answer.kind === "refused"
        ? faultError(answer.fault, about)
        : silenceError(answer, about),
    }];
  }
  // Only one row of the batch may be guilty: each gets its own try.
  const results: Rendered[] = [];
  for (const context of contexts) {
    const spent = timeouts + results.filter(tookTooLong).length;
    results.push(...await renderRest(room, facts, [context], spent));
  }
  return results;
}

async function renderRest(
  room: TemplateRoom,
  facts: TemplateFacts,
  contexts: readonly TemplateContext[],
  timeouts: number,
): Promise<Rendered[]> {
  if (timeouts < mostTimeouts) return await renderComplete(room, facts, contexts, timeouts);
  return contexts.map(({ rowNumber }) => ({
    ok: false,
    error: new WaybillError(
      "E-4013",
      `Cannot render row ${rowNumber}: ${facts.name} took too long on ${timeouts} rows before it`,
      { rowNumber, remedy: "Look for a loop in the template that does not end" },
    ),
  }));
}

function tookTooLong(result: Rendered): boolean {
  return !result.ok && result.error.code === "E-4013";
}

function readRequest(text: string, about: Subject): Rendered {
  try {
    const request: unknown = JSON.parse(text);
    return { ok: true, request };
  } catch (thrown) {
    return { ok: false, error: jsonError(text, about, ensureError(thrown)) };
  }
}

function subject(facts: TemplateFacts, context: TemplateContext): Subject {
  return {
    templateName: facts.name,
    timeLimitMs: facts.timeLimitMs,
    rowNumber: context.rowNumber,
    row: context.row,
  };
}

/** Results are counted before they are believed, so one is always there. */
function missingResult(): never {
  throw new TypeError("a rendered row has no result");
}
