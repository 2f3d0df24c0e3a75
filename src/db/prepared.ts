/**
 * Statements that are built once and then only bound: what the engine sends for every row. Kysely
 * builds and checks them as it does all others; it just does so once.
 *
 * @module
 */
import {
  type Compilable,
  type CompiledQuery,
  type Expression,
  type Kysely,
  type QueryResult,
  sql,
} from "kysely";
import type { Database } from "./schema.ts";

/** Stands in a built statement for a value that comes later. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement that is built at its first use.
 *
 * @param build Builds it; `bind("name")` stands for a value that comes with each use.
 * @returns Executes it with the values for those names.
 *
 * @internal
 */
export function prepared<Values extends object, Row = unknown>(
  build: (
    db: Kysely<Database>,
    bind: <Name extends keyof Values & string>(name: Name) => Expression<Values[Name]>,
  ) => Compilable<Row>,
): (db: Kysely<Database>, values: Values) => Promise<QueryResult<Row>> {
  /** One for each SQL dialect that this process speaks. */
  const built = new Map<unknown, CompiledQuery<Row>>();
  return async (db, values) => {
    const executor = db.getExecutor();
    const dialect = executor.adapter.constructor;
    let query = built.get(dialect);
    if (!query) {
      query = build(db, (name) => sql.val(new Placeholder(name)).$castTo()).compile();
      built.set(dialect, query);
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? valueOf(values, parameter.name) : parameter
    );
    const bound = { ...query, parameters };
    // Straight to the connection: past the layers for plugins and signals, of which there are none.
    return await executor.provideConnection((connection) => connection.executeQuery<Row>(bound));
  };
}

function valueOf(values: object, name: string): unknown {
  const value: unknown = Reflect.get(values, name);
  if (value !== undefined) return value;
  throw new TypeError(`Cannot execute a statement: no value for "${name}"`);
}
