/**
 * Random sequences of what people do and what goes wrong, on the real runner in a simulated world and on
 * a reference that states what is promised. `deno task test:model` tries thousands.
 */
import { describe, expect, it } from "vitest";
import { tryPlays } from "./model/commands.ts";
import { Reference } from "./model/reference.ts";

describe("the runner and the reference", () => {
  it("stand alike after every step of random sequences", async () => {
    const { counterexample, done } = await tryPlays({ runs: 40, seed: 1 });
    expect(counterexample).toBeUndefined();
    // A sequence that does nothing shows nothing.
    expect(done.get("run();")).toBeGreaterThan(80);
  });

  it("are told apart when the reference promises something else, by the smallest script", async () => {
    // One that forgets who is at fault: a refused row would not halt its batch.
    class Forgetful extends Reference {
      override run(): ReturnType<Reference["run"]> {
        const ending = super.run();
        return ending === "failed" ? "completed" : ending;
      }
    }
    const { counterexample } = await tryPlays({
      runs: 60,
      seed: 1,
      referenceOf: (rows) => new Forgetful(rows),
    });
    expect(counterexample?.error).toContain("the run ended as");
    const lines = counterexample?.script.split("\n").filter((line) =>
      line.startsWith("await play.")
    );
    expect(lines).toHaveLength(3);
    expect(lines?.slice(0, 2).join(" ")).toMatch(
      /^await play\.trouble\(\d, "refuse"\); await play\.run\(\);$/,
    );
  });
});
