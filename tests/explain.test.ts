/** Every error that a person may meet is in the registry, and `explain` tells of it. */
import { describe, expect, it } from "vitest";
import { errorCodes, isErrorCode, WaybillError } from "../src/errors.ts";
import { projectFolder, runCommand } from "./helpers/cli.ts";
import { readText, temporaryFolder } from "./helpers/folders.ts";

const codes = Object.keys(errorCodes).filter(isErrorCode);

describe("the registry of errors", () => {
  it.each(codes)("says of %s what it is and what to do", (code) => {
    const { title, message, remedy } = errorCodes[code];
    expect(title.length).toBeGreaterThan(5);
    expect(message).toMatch(/^[A-Z].*\.$/s);
    expect(remedy).toMatch(/^[A-Z]/);
    expect(new WaybillError(code, "x").code).toBe(code);
  });

  it("has every code that the program names, and none that nobody uses", async () => {
    const used = new Set<string>();
    for (const path of await sources(`${projectFolder}src`)) {
      if (path.endsWith("error_codes.ts")) continue;
      for (const [code] of readText(path).matchAll(/\bE-\d{4}\b/g)) used.add(code);
    }
    // E-1001 stands for the family in comments; the others are thrown somewhere.
    expect([...used].filter((code) => !isErrorCode(code))).toEqual([]);
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });
});

describe("deno task explain", () => {
  const ask = (...args: string[]) => {
    using folder = temporaryFolder();
    return runCommand(folder.path, ["explain", ...args]);
  };

  it("tells of a code of ours, however it is typed", async () => {
    for (const typed of ["E-2001", "e-2001", "2001", "E2001"]) {
      const { code, stdout } = await ask(typed);
      expect([code, stdout.split("\n")[0]]).toEqual([0, `E-2001  ${errorCodes["E-2001"].title}`]);
      expect(stdout).toContain(`Next: ${errorCodes["E-2001"].remedy}`);
    }
  }, 20_000);

  it("tells of UPS's codes, and what becomes of the row", async () => {
    const { stdout } = await ask("120802", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ code: "120802", of: "ups", retryable: false });
    expect((await ask("250002")).stdout).toContain("no row is failed");
  }, 20_000);

  it("lists all of ours, and refuses what nobody knows", async () => {
    const { stdout } = await ask();
    for (const code of codes) expect(stdout).toContain(code);
    const { code, stderr } = await ask("nonsense");
    expect([code, stderr.includes("deno task explain")]).toEqual([2, true]);
  }, 20_000);
});

async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await sources(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found;
}
