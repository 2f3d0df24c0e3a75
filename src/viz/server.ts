/**
 * The server of the visualiser: it listens on this machine only, to whoever has the token in its link, and
 * changes nothing unless it was started to.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listEntries } from "../db/audit.ts";
import { findJob } from "../db/jobs.ts";
import { findRow } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import { UsageError } from "../errors.ts";
import { type Asset, chartFile, chartStyleSheet, pageFile } from "./assets.ts";
import { type ControlJob, readControl } from "./control.ts";
import { Follower } from "./follower.ts";
import { admit, newToken, safeHeaders } from "./guard.ts";
import { JobHistory } from "./history.ts";
import { readLabelFile } from "./label_file.ts";
import { type FindRequest, withoutPeople } from "./request.ts";
import { entryView, jobsView, jobView, rowView, type VizWords } from "./views.ts";

/** What the server works with. */
export interface VizOptions {
  /** @internal The database. */
  readonly db: Kysely<Database>;
  /** The port; 0 for any. */
  readonly port: number;
  /** What other layers word. */
  readonly words: VizWords;
  /** Reads the request of a row from its source. */
  readonly findRequest: FindRequest;
  /** Does what a person decides; left out, nothing can be decided. */
  readonly control?: ControlJob | undefined;
  /** Told what went wrong. */
  readonly onError: (error: unknown) => void;
}

/** A server that listens. */
export interface VizServer {
  /** The link, with its token. */
  readonly url: string;
  /** Ends it, and the streams of whoever listens. */
  end(): Promise<void>;
}

/** How many entries are given at once, at the most. */
const mostChanges = 50_000;

/**
 * Starts it. Charts that `drawCharts` has not drawn before are drawn when they are asked for.
 *
 * @param options What it works with.
 * @returns The server.
 * @throws {UsageError} If the port is taken.
 *
 * @internal
 */
export function startViz(options: VizOptions): VizServer {
  const token = newToken();
  const site = new Site(options);
  const ending = new AbortController();
  const server = listen(options.port, ending.signal, async (request, port) => {
    const path = admit(request, port, token);
    if (typeof path === "number") return refusal(path);
    try {
      return await site.answer(request, path);
    } catch (error) {
      options.onError(error);
      return refusal(500);
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/${token}/`,
    async end() {
      site.stop();
      ending.abort();
      await server.finished;
    },
  };
}

function listen(
  port: number,
  signal: AbortSignal,
  answer: (request: Request, port: number) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
      { hostname: "127.0.0.1", port, signal, onListen: () => {} },
      (request) => answer(request, server.addr.port),
    );
    return server;
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UsageError(`Cannot listen at port ${port}: it is taken`, "Name another: --port");
  }
}

/** What is below the token. */
class Site {
  readonly #options: VizOptions;
  readonly #histories = new Map<string, JobHistory>();
  readonly #followers = new Map<string, Follower>();

  constructor(options: VizOptions) {
    this.#options = options;
  }

  stop(): void {
    for (const follower of this.#followers.values()) follower.stop();
  }

  async answer(request: Request, path: string): Promise<Response> {
    const [first = "", ...rest] = path.split("/").map(decoded);
    if (request.method === "POST") return await this.#control(request, [first, ...rest]);
    if (request.method !== "GET") return refusal(405);
    const [name = ""] = rest;
    switch (first) {
      case "":
        return rest.length > 0 ? refusal(404) : asset(await pageFile("index.html"));
      case "page":
        return asset(name === "chart.css" ? chartStyleSheet : await pageFile(rest.join("/")));
      case "charts":
        return asset(await chartFile(rest.join("/")));
      case "jobs":
        return await this.#jobs(rest, request);
      default:
        return refusal(404);
    }
  }

  async #jobs([jobId, what, ...rest]: readonly string[], request: Request): Promise<Response> {
    const { db, control } = this.#options;
    if (jobId === undefined || jobId === "") return json({ jobs: await jobsView(db) });
    const history = await this.#historyOf(jobId);
    if (!history) return refusal(404);
    const query = new URL(request.url).searchParams;
    switch (what) {
      case undefined:
        return json({ job: await jobView(db, jobId), mayControl: control !== undefined });
      case "changes": {
        const after = numberIn(query, "after");
        const limit = Math.min(numberIn(query, "limit") || mostChanges, mostChanges);
        await history.catchUp(after + limit);
        const changes = history.changes(after, limit);
        return json({ changes, isLast: changes.at.length < limit });
      }
      case "moment": {
        const sequence = numberIn(query, "at");
        const [entry] = await listEntries(db, jobId, [sequence]);
        const contexts = await history.contextsAt(sequence);
        return json({ entry: entry ? entryView(entry) : null, contexts });
      }
      case "events":
        return this.#follow(jobId, history, request);
      case "rows":
        return await this.#row(jobId, history, rest, query);
      default:
        return refusal(404);
    }
  }

  async #row(
    jobId: string,
    history: JobHistory,
    [number = "", what, place = ""]: readonly string[],
    query: URLSearchParams,
  ): Promise<Response> {
    const { db, words, findRequest } = this.#options;
    const rowNumber = Number(number);
    if (!Number.isSafeInteger(rowNumber) || rowNumber < 1) return refusal(404);
    if (what === undefined) {
      await history.catchUp();
      const row = await rowView(db, jobId, rowNumber, history, words);
      return row === undefined ? refusal(404) : json({ row });
    }
    const row = await findRow(db, jobId, rowNumber);
    if (what === "request" && place === "" && row) {
      const found = await findRequest(jobId, rowNumber);
      if (found.type === "unread" || query.get("people") === "shown") return json({ found });
      return json({ found: { ...found, request: withoutPeople(found.request) } });
    }
    const file = what === "labels" && row ? words.filesOf(row)[Number(place)] : undefined;
    const read = file && await readLabelFile(file);
    if (!read) return refusal(404);
    const headers = {
      ...safeHeaders,
      "content-type": read.type,
      ...read.isImage ? {} : { "content-disposition": `attachment; filename="row-${rowNumber}"` },
    };
    return new Response(read.bytes, { headers });
  }

  #follow(jobId: string, history: JobHistory, request: Request): Response {
    const after = Number(request.headers.get("last-event-id")) ||
      numberIn(new URL(request.url).searchParams, "after");
    let follower = this.#followers.get(jobId);
    if (!follower) {
      follower = new Follower(history, this.#options.onError);
      this.#followers.set(jobId, follower);
    }
    return new Response(follower.stream(after), {
      headers: { ...safeHeaders, "content-type": "text/event-stream" },
    });
  }

  async #control(request: Request, path: readonly string[]): Promise<Response> {
    const { control } = this.#options;
    const [jobs, jobId = "", what, ...more] = path;
    if (jobs !== "jobs" || what !== "control" || more.length > 0) return refusal(404);
    if (!control) return refusal(403);
    // A form of another site could send a plain text: nothing but our page sends JSON from our origin.
    if (request.headers.get("content-type") !== "application/json") return refusal(415);
    if (request.headers.get("origin") === null) return refusal(403);
    const decision = readControl(await request.json().catch(() => undefined));
    if (!decision) return refusal(400);
    if (!await findJob(this.#options.db, jobId)) return refusal(404);
    return json({ result: await control(jobId, decision) });
  }

  async #historyOf(jobId: string): Promise<JobHistory | undefined> {
    const known = this.#histories.get(jobId);
    if (known) return known;
    if (!await findJob(this.#options.db, jobId)) return undefined;
    const history = this.#histories.get(jobId) ?? new JobHistory(this.#options.db, jobId);
    this.#histories.set(jobId, history);
    return history;
  }
}

/** A path that is no text is a path to nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "\0";
  }
}

function numberIn(query: URLSearchParams, name: string): number {
  const number = Number(query.get(name));
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}

function json(value: unknown): Response {
  const headers = { ...safeHeaders, "content-type": "application/json; charset=utf-8" };
  return new Response(JSON.stringify(value), { headers });
}

function asset(found: Asset | undefined): Response {
  if (!found) return refusal(404);
  return new Response(found.body, { headers: { ...safeHeaders, "content-type": found.type } });
}

function refusal(status: number): Response {
  const headers = { ...safeHeaders, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${status}\n`, { status, headers });
}
