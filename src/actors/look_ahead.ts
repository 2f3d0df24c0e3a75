/**
 * Reads and prepares a page of rows at a time, the next one while the rows of this one are shipped:
 * a row waits for no round trips of its own to the source and the template worker.
 *
 * What is bought is what was imported: every row's checksum is compared, look-ahead or not. A page
 * is used for a few seconds only, so that a change in the source is noticed soon.
 *
 * @module
 */
import type { SourceRow } from "../contracts/source.ts";
import type { RenderedRequest } from "../machines/row_types.ts";
import { checkRow } from "./fetch_row.ts";
import type { PrepareRows } from "./prepare_rows.ts";
import type { SourceClient } from "./source_client.ts";
import type { Clock } from "./world.ts";

/** How many rows are read and prepared at once, where all of them are the job's. */
const pageSize = 50;

/** The fewest: of a job that has only some rows of its source, most of a page is of no use. */
const leastPageSize = 4;

/** How long a page is used, in milliseconds. */
const maxAgeMs = 5_000;

interface Page {
  readonly readAt: number;
  readonly entries: ReadonlyMap<number, { row: SourceRow; request: RenderedRequest | undefined }>;
  /** Its last row, if the source has more. */
  readonly end: number | undefined;
}

/** The rows that come next. */
export class LookAhead {
  readonly #source: SourceClient;
  readonly #prepare: PrepareRows;
  readonly #clock: Clock;
  #page: Page | undefined;
  /** The page after it, on its way; `undefined` if that failed. */
  #next: Promise<Page | undefined> | undefined;
  /** Which rows of the page were asked for. */
  #used = new Set<number>();

  /**
   * Looks ahead in a source.
   *
   * @param source The source.
   * @param prepare Renders and checks its rows.
   * @param clock The time.
   */
  constructor(source: SourceClient, prepare: PrepareRows, clock: Clock) {
    this.#source = source;
    this.#prepare = prepare;
    this.#clock = clock;
  }

  /**
   * The request of a row that is read, may be shipped as it is now, and could be rendered.
   *
   * @param rowNumber The row.
   * @param checksum Its checksum at import.
   * @returns The request, or `undefined` if any of that is not so: then fetch and prepare it.
   */
  ready(rowNumber: number, checksum: string): Readonly<Record<string, unknown>> | undefined {
    const page = this.#page;
    if (!this.#has(page, rowNumber)) return undefined;
    this.#readOn(page, rowNumber);
    const entry = page.entries.get(rowNumber);
    const isFetched = checkRow(entry?.row, rowNumber, checksum).type === "fetched";
    return isFetched && entry?.request?.type === "rendered" ? entry.request.request : undefined;
  }

  /**
   * One row as the source has it now, or had it a few seconds ago.
   *
   * @param rowNumber The row.
   * @returns The row.
   * @throws {WaybillError} If the source cannot be asked, or has no such row.
   */
  async fetch(rowNumber: number): Promise<SourceRow> {
    const page = this.#has(this.#page, rowNumber) ? this.#page : await this.#turnTo(rowNumber);
    this.#readOn(page, rowNumber);
    return page.entries.get(rowNumber)?.row ?? await this.#source.getRow(rowNumber);
  }

  /**
   * The request of one row, prepared together with those around it.
   *
   * @param rowNumber The row.
   * @param data Its data, as `fetch` gave it.
   * @returns The request, or what is wrong with the row.
   */
  async prepare(
    rowNumber: number,
    data: SourceRow["data"],
  ): Promise<RenderedRequest | undefined> {
    const entry = this.#page?.entries.get(rowNumber);
    if (entry?.row.data === data) return entry.request;
    const [request] = await this.#prepare([{ row_number: rowNumber, data }]);
    return request;
  }

  #has(page: Page | undefined, rowNumber: number): page is Page {
    if (!page?.entries.has(rowNumber)) return false;
    return this.#clock.now().getTime() - page.readAt <= maxAgeMs;
  }

  /** Begins the next page halfway through this one, so that nobody waits for it. */
  #readOn(page: Page, rowNumber: number): void {
    this.#used.add(rowNumber);
    if (page.end === undefined || this.#next) return;
    const passed = passedOf(page, rowNumber);
    if (passed <= page.entries.size / 2) return;
    // What goes wrong in the background is tried again when the page is turned, and told then.
    this.#next = this.#read(page.end, this.#sizeAfter(passed)).catch(() => undefined);
  }

  /** A page of which less than half would be used is shorter. */
  #sizeAfter(passed: number): number {
    const share = passed === 0 ? 1 : this.#used.size / passed;
    return Math.max(leastPageSize, Math.min(pageSize, Math.ceil(2 * share * pageSize)));
  }

  async #turnTo(rowNumber: number): Promise<Page> {
    const next = await this.#next;
    this.#next = undefined;
    const size = this.#page ? this.#sizeAfter(this.#page.entries.size) : pageSize;
    this.#page = this.#has(next, rowNumber) ? next : await this.#read(rowNumber - 1, size);
    this.#used = new Set();
    return this.#page;
  }

  async #read(afterRow: number, size: number): Promise<Page> {
    const readAt = this.#clock.now().getTime();
    const { rows, next_after } = await this.#source.getRows(afterRow, size);
    const requests = await this.#prepare(rows);
    return {
      readAt,
      entries: new Map(rows.map((row, i) => [row.row_number, { row, request: requests[i] }])),
      end: next_after === undefined || next_after === null ? undefined : rows.at(-1)?.row_number,
    };
  }
}

/** How many rows of a page come up to a row. */
function passedOf({ entries }: Page, rowNumber: number): number {
  let passed = 0;
  for (const each of entries.keys()) if (each <= rowNumber) passed++;
  return passed;
}
