/**
 * The names of one rendering: what nunjucks calls a context, without blocks and inheritance.
 *
 * @module
 */

/** Names and their values; made anew for each row, so nothing a row sets is seen by the next. */
export class RenderContext {
  /** For nunjucks's own filters and tests. */
  readonly env: unknown;
  readonly #names: Map<string, unknown>;

  /**
   * Makes it.
   *
   * @param env The nunjucks environment.
   * @param names The names it starts with.
   */
  constructor(env: unknown, names: Readonly<Record<string, unknown>>) {
    this.env = env;
    this.#names = new Map(Object.entries(names));
  }

  /** Whether there is such a name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Its value. */
  get(name: string): unknown {
    return this.#names.get(name);
  }

  /** Called by compiled code: `set` at the top level. */
  setVariable(name: string, value: unknown): void {
    this.#names.set(name, value);
  }

  /** Called by compiled code: would make a name importable, and nothing can be imported. */
  addExport(): void {}
}
