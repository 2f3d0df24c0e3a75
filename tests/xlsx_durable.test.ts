import { describe, expect, it } from "vitest";
import { projectFolder } from "./helpers/cli.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { canTrace, readTrace, traceArguments } from "./helpers/strace.ts";
import { partText, plainParts, writeZip } from "./helpers/xlsx.ts";

describe("a workbook's way to the disk", () => {
  if (!canTrace()) {
    it("is not tried: strace is missing here, or may not trace", () => {});
    return;
  }

  it("is written beside the old one, synced, put in its place, and its folder synced", async () => {
    using folder = temporaryFolder();
    const path = await writeZip(`${folder.path}/orders.xlsx`, plainParts([["id"], ["A-1"]]));
    const trace = `${folder.path}/trace`;
    const program = `${projectFolder}/tests/fixtures/merges_xlsx.ts`;
    const command = [Deno.execPath(), "run", "--quiet", "--no-prompt", "-P=source", program, path];
    const { code } = await new Deno.Command("strace", {
      args: traceArguments(trace, command),
      cwd: projectFolder,
      stdout: "null",
      stderr: "null",
    }).output();
    expect(code).toBe(0);
    const steps = readTrace(trace).flatMap(({ name, args }) => {
      const isRename = name.startsWith("rename");
      if (isRename && args.includes("orders.xlsx")) return ["rename"];
      const file = /^\d+<([^>]*)>/.exec(args)?.[1] ?? "";
      if (!file.startsWith(folder.path)) return [];
      return [`${name.includes("sync") ? "sync" : "write"} ${file.slice(folder.path.length + 1)}`];
    });
    const told = steps.filter((step, at) => step !== steps[at - 1]);
    expect(told).toEqual([
      "write orders.xlsx.waybill-tmp",
      "sync orders.xlsx.waybill-tmp",
      "rename",
      "sync ",
    ]);
    expect(await partText(path, "xl/tabs/tab0.xml")).toContain("1Z1");
  });
});
