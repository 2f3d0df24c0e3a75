/**
 * Runs the program at a pseudo terminal, as `script` (util-linux) makes one.
 *
 * @module
 */
import process from "node:process";
import { projectFolder } from "./cli.ts";

/** What a person saw, and how it ended. */
export interface Seen {
  /** Everything on the terminal, its escape codes too. */
  readonly text: string;
  readonly code: number;
}

/** Runs a command at a terminal; `typed` is typed at once. */
export async function onTerminal(
  dataFolder: string,
  args: readonly string[],
  typed = "",
  env: Record<string, string> = {},
): Promise<Seen> {
  const words = [
    Deno.execPath(),
    ...["run", "--quiet", "--no-prompt", "-P=work", `${projectFolder}main.ts`],
    ...args,
  ];
  const child = new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", words.map(quoted).join(" "), "/dev/null"],
    cwd: projectFolder,
    clearEnv: true,
    env: {
      ...Object.fromEntries(["HOME", "PATH", "DENO_DIR"].flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      })),
      ...{ TERM: "xterm", WAYBILL_DATA: dataFolder, INIT_CWD: dataFolder },
      ...env,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(typed));
  const { code, stdout } = await outputOf(child);
  await writer.close().catch(() => {});
  return { text: new TextDecoder().decode(stdout), code };
}

/** Its input stays open until it ends: the end of a terminal's input would be a person who left. */
async function outputOf(
  child: Deno.ChildProcess,
): Promise<{ code: number; stdout: ArrayBuffer }> {
  const [{ code }, stdout] = await Promise.all([
    child.status,
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).arrayBuffer(),
  ]);
  return { code, stdout };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
