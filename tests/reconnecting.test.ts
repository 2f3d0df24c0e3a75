/**
 * A server that died is started again for the next call; the call under way is not repeated.
 */
import { describe, expect, it } from "vitest";
import process from "node:process";
import { connectServer } from "../src/actors/mcp_connection.ts";
import { reconnecting } from "../src/actors/reconnecting.ts";
import { NotSentError, UnknownToolError } from "../src/actors/tool_caller.ts";
import { readText, temporaryFolder } from "./helpers/folders.ts";
import { projectFolder } from "./helpers/cli.ts";

function counting(folder: string) {
  return () =>
    connectServer("test", {
      command: Deno.execPath(),
      args: [
        ...["run", "--quiet", "-A", `--config=${projectFolder}deno.json`],
        ...[`${projectFolder}tests/fixtures/mortal_server.ts`, folder],
      ],
    });
}

const countOf = (folder: string) => readText(`${folder}/calls`).length;

describe("reconnecting()", () => {
  it("starts a dead server again, and makes the call that found it dead", async () => {
    using folder = temporaryFolder();
    await using server = await reconnecting(counting(folder.path));
    const first = await server.call("whoami", {});
    const pid = Number(Reflect.get(Object(first), "pid"));
    // A call under way shows when the connection is known to be closed.
    const underWay = server.call("wait", {});
    await untilCalled(folder.path, 2);
    process.kill(pid, "SIGKILL");
    await expect(underWay).rejects.not.toBeInstanceOf(NotSentError);
    const again = await server.call("whoami", {});
    expect(Reflect.get(Object(again), "pid")).not.toBe(pid);
    // One call each: the one under way was not repeated.
    expect(countOf(folder.path)).toBe(3);
  });

  it("gives up a server that dies at every call, and says that nothing was sent", async () => {
    using folder = temporaryFolder();
    let starts = 0;
    const server = await reconnecting(() => {
      starts++;
      return Promise.resolve({
        call: () => Promise.reject(new NotSentError("the server is not connected")),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    });
    for (let times = 0; times < 10; times++) {
      await expect(server.call("whoami", {})).rejects.toBeInstanceOf(NotSentError);
    }
    expect(starts).toBeLessThan(10);
    expect(folder.path).not.toBe("");
  });

  it("tells a tool that is not there from one that fails", async () => {
    using folder = temporaryFolder();
    await using server = await reconnecting(counting(folder.path));
    await expect(server.call("shipping_find_by_reference", {})).rejects
      .toBeInstanceOf(UnknownToolError);
    await expect(server.call("fail", {})).rejects.not.toBeInstanceOf(UnknownToolError);
  });
});

/** Waits until the server has noted so many calls. */
async function untilCalled(folder: string, calls: number): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    if (Date.now() > end) throw new Error("the call did not arrive within 20 s");
    if (countOf(folder) >= calls) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
