/**
 * A PostgreSQL server of a test's own, that it may stop: made with the machine's programs, where it has
 * them.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server of one's own. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  start(): Promise<void>;
  /** As `pg_ctl` does it: `fast` ends connections, `immediate` is a crash. */
  stop(mode: "fast" | "immediate"): Promise<void>;
}

/** Where the machine keeps PostgreSQL's programs, if it has them. */
export const postgresPrograms = programs();

function programs(): string | undefined {
  try {
    const [version] = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => name)
      .toSorted((one, two) => Number(two) - Number(one));
    const path = `/usr/lib/postgresql/${version}/bin`;
    return Deno.statSync(`${path}/initdb`).isFile ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a server and starts it. */
export async function makeCluster(programs: string): Promise<Cluster> {
  const folder = await Deno.makeTempDir({ prefix: "waybill-postgres-" });
  // The server refuses to run as root.
  const isRoot = Deno.uid() === 0;
  if (isRoot) await run("chown", ["postgres", folder]);
  const as = async (program: string, args: readonly string[]) => {
    const command = [`${programs}/${program}`, ...args];
    const [first = "", ...rest] = isRoot
      ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", ...command]
      : command;
    await run(first, rest, { cwd: folder });
  };
  const port = await freePort();
  const data = `${folder}/data`;
  await as("initdb", ["--no-sync", "--auth=trust", "--username=postgres", "-D", data]);
  const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`;
  const start = () => as("pg_ctl", ["start", "-w", "-D", data, "-o", options, "-l", `${data}/log`]);
  const stop = (mode: string) => as("pg_ctl", ["stop", "-w", "-m", mode, "-D", data]);
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop("immediate").catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("Cannot find a free port");
}
