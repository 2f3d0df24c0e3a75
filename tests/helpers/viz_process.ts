/**
 * `viz` as a process of its own.
 *
 * @module
 */
import { startCommand } from "./cli.ts";

/** A page's server at work; disposing of it ends it. */
export interface OpenViz extends AsyncDisposable {
  /** The link, with its token. */
  readonly url: string;
  readonly child: Deno.ChildProcess;
  readonly ended: Promise<{ readonly code: number; readonly stderr: string }>;
}

/** Starts it, and waits for its link. */
export async function openViz(
  folder: string,
  databaseUrl: string,
  args: readonly string[] = [],
): Promise<OpenViz> {
  const link = Promise.withResolvers<string>();
  const { child, ended } = startCommand(
    folder,
    ["viz", ...args, "--json"],
    { DATABASE_URL: databaseUrl },
    (line) => link.resolve(JSON.parse(line).url),
  );
  void ended.then(({ stderr }) => link.reject(new Error(`viz ended: ${stderr}`)));
  const [url = ""] = (await link.promise).split("#");
  return {
    url,
    child,
    ended,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
}
