/**
 * Random batches against a reference: sequences of imports, runs, kills, refusals, lost answers, second
 * runners and people's decisions are done to the real runner in a simulated world and to a page of plain
 * TypeScript (`tests/model/reference.ts`); the smallest sequence that tells them apart is printed as a
 * script.
 *
 * `deno task test:model --runs 2000 --seed 1`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { tryPlays } from "../tests/model/commands.ts";
import { print, say, wholeOf } from "./command_line.ts";

const usage = `Usage: deno task test:model [--runs <number>] [--seed <number>]

Tries 1000 sequences of things that people do and that go wrong, or as many as --runs says, against a
reference of what Waybill promises. The same seed tries the same ones. Exit code 1: one differs, and the
smallest such sequence is printed as a script.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(usage);
    return 0;
  }
  const runs = wholeOf("--runs", values.runs);
  const seed = wholeOf("--seed", values.seed);
  let tried = 0;
  const begin = performance.now();
  const onRun = () => {
    if (++tried % 250 === 0) say(`${tried} sequences`);
  };
  const { done, counterexample } = await tryPlays({ runs, seed, onRun });
  const seconds = ((performance.now() - begin) / 1_000).toFixed(0);
  const steps = [...done.values()].reduce((sum, each) => sum + each, 0);
  print(`seed ${seed}: ${tried} sequences, ${steps} steps in ${seconds} s`);
  for (const [step, times] of [...done].toSorted(([one], [two]) => one < two ? -1 : 1)) {
    print(`${String(times).padStart(8)}  ${step}`);
  }
  if (!counterexample) return 0;
  const file = await Deno.makeTempFile({ prefix: "waybill-sequence-", suffix: ".ts" });
  await Deno.writeTextFile(file, counterexample.script);
  const config = new URL("../deno.json", import.meta.url).pathname;
  print(
    `\nDifferent: ${counterexample.error}\n\n${counterexample.script}\n` +
      `Do it again:  deno run --config ${config} -P=simulate ${file}`,
  );
  return 1;
}

Deno.exit(await main());
