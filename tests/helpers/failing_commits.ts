/**
 * A database whose commits can fail as those of a server do: before they happened, or after it, when only
 * the answer is lost.
 *
 * @module
 */
import type { DatabaseConnection, Dialect, Driver } from "kysely";

/** How a commit fails. */
export interface CommitFault {
  /** Whether it has happened all the same. */
  readonly isDone: boolean;
  /** What is thrown. */
  readonly error: Error;
}

/** Is told of each commit, and says how it fails; `undefined` lets it succeed. */
export type CommitPlan = (commit: number) => CommitFault | undefined;

/** What the system says of a connection that was cut. */
export function connectionLost(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

/** The same dialect, with commits that fail as `faults.plan` says. */
export function withFailingCommits(
  dialect: Dialect,
  faults: { plan: CommitPlan | undefined; commits: number },
): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => driverWith(dialect.createDriver(), faults),
  };
}

function driverWith(
  driver: Driver,
  faults: { plan: CommitPlan | undefined; commits: number },
): Driver {
  const over = new WeakSet<DatabaseConnection>();
  return {
    init: () => driver.init(),
    acquireConnection: () => driver.acquireConnection(),
    releaseConnection: (connection) => driver.releaseConnection(connection),
    destroy: () => driver.destroy(),
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    async commitTransaction(connection) {
      const fault = faults.plan?.(++faults.commits);
      if (!fault) return await driver.commitTransaction(connection);
      if (fault.isDone) {
        await driver.commitTransaction(connection);
        over.add(connection);
      }
      throw fault.error;
    },
    async rollbackTransaction(connection) {
      if (!over.delete(connection)) await driver.rollbackTransaction(connection);
    },
  };
}
