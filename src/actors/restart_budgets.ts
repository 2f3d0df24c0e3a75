/**
 * The restart strategy of a runner, with what the environment says in its place.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `WAYBILL_DATABASE_RESTARTS` | so often within ten minutes is the database tried again | 10 |
 * | `WAYBILL_SERVER_RESTARTS` | so often within 15 minutes is an MCP server started again | 10 |
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type ChildSpecs, childSpecs } from "../machines/child_specs.ts";

/**
 * The strategy.
 *
 * @param get Looks up a name in the environment.
 * @returns It.
 * @throws {UsageError} If a value is no count.
 */
export function childSpecsFrom(get: (name: string) => string | undefined): ChildSpecs {
  const count = (name: string, fallback: number) => {
    const text = get(name);
    if (text === undefined || text === "") return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new UsageError(`Cannot use ${name}: "${text}" is no count`, "Set it to 0, 1, 2, …");
  };
  const { database, source, carrier } = childSpecs;
  const servers = count("WAYBILL_SERVER_RESTARTS", source.maxRestarts);
  return {
    ...childSpecs,
    database: {
      ...database,
      maxRestarts: count("WAYBILL_DATABASE_RESTARTS", database.maxRestarts),
    },
    source: { ...source, maxRestarts: servers },
    carrier: { ...carrier, maxRestarts: servers },
  };
}
