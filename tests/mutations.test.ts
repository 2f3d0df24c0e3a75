/**
 * The list of mutations fits the program as it is: `deno task test:mutation` takes too long to be run
 * with every change, and says nothing of code that is no longer there.
 */
import { describe, expect, it } from "vitest";
import { mutations } from "../tools/mutations/list.ts";
import { edited, editsOf, testsNamed } from "../tools/mutations/mutation.ts";
import { projectFolder } from "./helpers/cli.ts";
import { namesIn, readText } from "./helpers/folders.ts";

describe("the list of mutations", () => {
  it("finds the code of each once, and changes it", () => {
    const stale = mutations.flatMap((mutation) =>
      editsOf(mutation).flatMap((edit) => {
        const text = readText(`${projectFolder}${edit.file}`);
        const broken = edited(text, edit);
        if (typeof broken === "string" && broken !== text) return [];
        return `${mutation.name}: ${edit.file} has its code ${
          broken === text ? "as it is" : broken
        } times`;
      })
    );
    expect(stale).toEqual([]);
  });

  it("has a name for each, and tests that there are", () => {
    const names = mutations.map(({ name }) => name);
    expect([...new Set(names)]).toEqual(names);
    expect(names.length).toBeGreaterThanOrEqual(60);
    const files = new Set(namesIn(`${projectFolder}tests`).map((name) => `tests/${name}`));
    const missing = mutations.flatMap(({ name, tests }) =>
      tests.filter((test) => !files.has(testsNamed(test).file)).map((test) => `${name}: ${test}`)
    );
    expect(missing).toEqual([]);
    expect(mutations.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });
});
