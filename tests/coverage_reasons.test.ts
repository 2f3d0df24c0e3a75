/**
 * The reasons of `deno task test:coverage` fit the program as it is.
 */
import { describe, expect, it } from "vitest";
import { places } from "../tools/coverage_reasons.ts";
import { projectFolder } from "./helpers/cli.ts";
import { readText } from "./helpers/folders.ts";

describe("the list of lines that no test reaches", () => {
  it("quotes code that there is", () => {
    const gone = places.flatMap(({ file, code }) => {
      const text = readText(`${projectFolder}${file}`);
      return code.filter((each) => !text.includes(each)).map((each) => `${file}: ${each}`);
    });
    expect(gone).toEqual([]);
  });
});
