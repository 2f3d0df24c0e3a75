/**
 * `run --inspect`: an inspector hears what the machines do, by the protocol of `@statelyai/inspect`, and
 * nothing of the recipients.
 */
import { describe, expect, it } from "vitest";
import { runCommand } from "./helpers/cli.ts";
import { temporaryFolder, writeText } from "./helpers/folders.ts";
import { startSandbox } from "./helpers/servers.ts";
import { shipper, template } from "./helpers/tools.ts";

const importing = [
  ...["import", "orders.csv", "--template", "template.njk"],
  ...["--shipper", "shipper.json", "--job", "j"],
];

/** A folder as a person has it: orders, a template, a shipper. */
function workFolder(rows: readonly string[]): { path: string } & Disposable {
  const folder = temporaryFolder();
  const lines = ["order_id,name,zip,weight", ...rows];
  writeText(`${folder.path}/orders.csv`, `${lines.join("\n")}\n`);
  writeText(`${folder.path}/template.njk`, template);
  writeText(`${folder.path}/shipper.json`, JSON.stringify(shipper));
  return folder;
}

interface Heard {
  readonly type: string;
  readonly name?: string;
  readonly sessionId: string;
  readonly rootId?: string;
  readonly _version: string;
  readonly definition?: string;
  readonly event?: { readonly type: string };
  readonly snapshot?: { readonly value?: unknown; readonly status?: string };
}

/** An inspector that writes down what it hears. */
function listen(): { url: string; heard: Heard[]; texts: string[] } & AsyncDisposable {
  const heard: Heard[] = [];
  const texts: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      texts.push(String(data));
      heard.push(JSON.parse(String(data)));
    };
    return response;
  });
  return {
    url: `ws://127.0.0.1:${server.addr.port}`,
    heard,
    texts,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

describe("deno task run --inspect", () => {
  it(
    "tells an inspector of all machines, by its protocol, and nothing of the recipients",
    async () => {
      await using inspector = listen();
      using sandboxFolder = temporaryFolder();
      await using sandbox = await startSandbox(sandboxFolder.path);
      using folder = workFolder(["A-1,Jane Doe,30005,1", "A-2,Bob Stone,30005,1"]);
      const env = { UPS_SANDBOX_URL: sandbox.url };
      await runCommand(folder.path, importing, env);
      const run = ["run", "j", "--inspect", inspector.url];
      const { code, stderr } = await runCommand(folder.path, run, env);
      expect([code, stderr.includes("No inspector")]).toEqual([0, false]);
      const { heard, texts } = inspector;
      const actors = heard.filter(({ type }) => type === "@xstate.actor");
      const idsOf = (machine: string) =>
        actors.filter(({ definition }) => JSON.parse(definition ?? "{}").id === machine)
          .map(({ sessionId }) => sessionId);
      expect(idsOf("supervisor")).toHaveLength(1);
      expect(idsOf("job")).toHaveLength(1);
      expect(idsOf("row")).toHaveLength(2);
      const [job] = idsOf("job");
      const values = heard.filter((each) =>
        each.type === "@xstate.snapshot" && each.sessionId === job
      )
        .map(({ snapshot }) => JSON.stringify(snapshot?.value));
      expect(values).toEqual(expect.arrayContaining(['{"running":"working"}', '"completed"']));
      expect(heard.some(({ event }) => event?.type === "xstate.done.actor.buyLabel")).toBe(true);
      for (const each of heard) expect(typeof each._version).toBe("string");
      expect(texts.join("\n")).not.toMatch(/Jane|Doe|Bob|Stone/);
    },
    60_000,
  );

  it("ships all the same when no inspector is there, and says so once", async () => {
    using sandboxFolder = temporaryFolder();
    await using sandbox = await startSandbox(sandboxFolder.path);
    using folder = workFolder(["A-1,Jane,30005,1"]);
    const env = { UPS_SANDBOX_URL: sandbox.url };
    await runCommand(folder.path, importing, env);
    const run = ["run", "j", "--inspect", "ws://127.0.0.1:9"];
    const { code, stderr } = await runCommand(folder.path, run, env);
    expect(code).toBe(0);
    expect(stderr.match(/No inspector answers at ws:\/\/127\.0\.0\.1:9/g)).toHaveLength(1);
  }, 60_000);

  it("refuses what is no web socket, and changes nothing", async () => {
    using folder = workFolder(["A-1,Jane,30005,1"]);
    await runCommand(folder.path, importing);
    const { code, stderr } = await runCommand(folder.path, ["run", "j", "--inspect", "localhost"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--inspect ws://127.0.0.1:8080");
    const { stdout } = await runCommand(folder.path, ["status", "j", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "pending" });
  }, 60_000);
});
