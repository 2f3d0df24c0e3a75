/**
 * The README keeps its word: its example runs as it stands, and what it names is there.
 */
import { describe, expect, it } from "vitest";
import { projectFolder } from "./helpers/cli.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";

const readme = readText(`${projectFolder}README.md`);

/** What the example takes for granted. */
const prelude = `
import { memoryCarrier, memorySource, shipper, template } from "${projectFolder}tests/helpers/tools.ts";
const [source, carrier] = [memorySource(3).call, memoryCarrier().call];
`;

describe("README.md", () => {
  it("shows the library in ten lines that run", async () => {
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    expect(example.trim().split("\n").filter((line) => line !== "").length).toBeLessThan(11);
    using folder = temporaryFolder();
    const { path } = folder;
    const program = example.replace("./mod.ts", `${projectFolder}mod.ts`);
    writeText(`${path}/example.ts`, prelude + program);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `--config=${projectFolder}deno.json`, `${path}/example.ts`],
      cwd: path,
    }).output();
    expect(new TextDecoder().decode(stderr)).toBe("");
    expect(new TextDecoder().decode(stdout).trim().split("\n")).toEqual([
      ...Array(5).fill("child_started"),
      "batch_started",
      ...Array.from({ length: 3 }, () => ["row_started", "row_completed"]).flat(),
      "batch_completed",
      "true 3 3708 USD",
    ]);
    expect(code).toBe(0);
    expect(namesIn(`${path}/data`)).toContain("waybill.db");
  }, 60_000);

  it("names tasks that there are", () => {
    const { tasks } = JSON.parse(readText(`${projectFolder}deno.json`));
    const named = [...readme.matchAll(/deno(?:@[\d.]+)? task ([a-z-]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(Object.keys(tasks)).toEqual(expect.arrayContaining([...new Set(named)]));
  });
});
