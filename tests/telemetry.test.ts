/** Traces and metrics as a collector gets them from a real run, and nothing of either from any other. */
import { describe, expect, it } from "vitest";
import { countRestart, openTelemetry } from "../src/actors/telemetry.ts";
import { openBatchLab, until } from "./helpers/batch_lab.ts";
import { runCommand, startCommand } from "./helpers/cli.ts";
import { namesIn, temporaryFolder, writeText } from "./helpers/folders.ts";
import { shipper, template } from "./helpers/tools.ts";

interface Attribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string | number;
    readonly doubleValue?: number;
  };
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly status?: { readonly code?: number };
}

interface Metric {
  readonly name: string;
  readonly sum?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly dataPoints: readonly Point[] };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly asInt?: string | number;
  readonly asDouble?: number;
  readonly count?: string | number;
}

/** A collector of OTLP over HTTP, in JSON. */
function collector() {
  const texts: string[] = [];
  const spans: Span[] = [];
  const metrics: Metric[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    texts.push(text);
    const body = JSON.parse(text);
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      for (const scope of scopeMetrics) metrics.push(...scope.metrics);
    }
    return Response.json({});
  });
  return {
    ...{ texts, spans, metrics },
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function valueOf(attributes: readonly Attribute[], name: string): string | undefined {
  const value = attributes.find(({ key }) => key === name)?.value;
  const found = value?.stringValue ?? value?.intValue ?? value?.doubleValue;
  return found === undefined ? undefined : String(found);
}

const files = ["--template", "template.njk", "--shipper", "shipper.json"];

/** A folder with a job `j` whose third row the carrier refuses. */
async function jobOf(...rows: readonly string[]): Promise<{ path: string } & Disposable> {
  const folder = temporaryFolder();
  writeText(`${folder.path}/orders.csv`, `order_id,name,zip,weight\n${rows.join("\n")}\n`);
  writeText(`${folder.path}/template.njk`, template);
  writeText(`${folder.path}/shipper.json`, JSON.stringify(shipper));
  await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
  return folder;
}

const orders = ["A-1,Jane Doe,30005,1", "A-2,Bob Roe,30005,1", "A-3,Ann Poe,30005,999"];

describe("OTEL_DENO", () => {
  it.each(["true", "1"])("=%s gives one trace of a run, with its rows and calls", async (word) => {
    using folder = await jobOf(...orders);
    await using collected = collector();
    const { code, stdout } = await runCommand(
      folder.path,
      ["run", "j", "--skip-preflight"],
      { ...collected.env, OTEL_DENO: word },
    );
    expect([code, stdout.includes("2 of 3 shipped, 1 failed")]).toEqual([1, true]);
    const { spans, metrics, texts } = collected;
    const [root, ...others] = spans.filter(({ name }) => name === "waybill.job");
    if (!root) throw new Error("There is no span of the job");
    expect(others).toEqual([]);
    expect(root.parentSpanId ?? "").toBe("");
    expect(valueOf(root.attributes, "waybill.job_id")).toBe("j");
    expect(valueOf(root.attributes, "waybill.outcome")).toBe("failed");
    expect(root.status?.code).toBe(2);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);

    const rows = spans.filter(({ name }) => name === "waybill.row");
    expect(rows.map(({ parentSpanId }) => parentSpanId)).toEqual(rows.map(() => root.spanId));
    expect(rows.map(({ attributes }) => [
      valueOf(attributes, "waybill.row_number"),
      valueOf(attributes, "waybill.outcome"),
    ])).toEqual([["1", "completed"], ["2", "completed"], ["3", "failed"]]);
    const callsOf = (parent: Span) =>
      spans.filter(({ parentSpanId, name }) =>
        parentSpanId === parent.spanId && name.startsWith("tool ")
      ).map(({ name }) => name);
    expect(rows.map(callsOf)).toEqual([
      ["tool shipping_create", "tool write_back"],
      ["tool shipping_create", "tool write_back"],
      ["tool shipping_create"],
    ]);
    expect(callsOf(root)).toEqual(expect.arrayContaining(["tool get_rows", "tool flush"]));

    const points = (name: string) =>
      metrics.filter((metric) => metric.name === name)
        .flatMap((
          { sum, histogram },
        ) => [...sum?.dataPoints ?? [], ...histogram?.dataPoints ?? []]);
    const counted = points("waybill.rows").map(({ attributes, asInt, asDouble }) => [
      valueOf(attributes, "outcome"),
      Number(asInt ?? asDouble),
    ]);
    expect(Object.fromEntries(counted)).toEqual({ completed: 2, failed: 1 });
    const stages = points("waybill.stage.seconds").map(({ attributes, count }) => [
      valueOf(attributes, "stage"),
      Number(count),
    ]);
    expect(Object.fromEntries(stages)).toMatchObject({
      claim: 3,
      buy: 3,
      record: 3,
      write_back: 2,
    });
    expect(stages.map(([stage]) => stage)).toEqual(expect.arrayContaining(["fetch", "render"]));
    expect(texts.join("")).not.toMatch(/Jane|Bob|Ann|Main St|30005/);
  }, 30_000);

  it("=1 is stopped with the process that was started, even by kill -9", async () => {
    using lab = await openBatchLab(200);
    const env = { DATABASE_URL: lab.url, HOLD_AT: "2", OTEL_DENO: "1" };
    const { child, ended } = startCommand(lab.path, ["run", lab.job], env);
    await until(() => namesIn(lab.path).includes("holding"));
    child.kill("SIGKILL");
    writeText(`${lab.path}/go`, "");
    // Its output ends with the runner's.
    await ended;
    const { stdout } = await lab.command(["status", lab.job, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "paused", reason: "signal" });
    // It hears of it a moment later, within a row or two.
    expect(lab.lines("sends.jsonl").length).toBeLessThan(200);
  }, 30_000);

  it("gives nothing where it is not asked for, and costs nothing there", async () => {
    using folder = await jobOf(...orders.slice(0, 1));
    await using collected = collector();
    expect((await runCommand(folder.path, ["run", "j"], collected.env)).code).toBe(0);
    expect(collected.texts).toEqual([]);
    expect(await openTelemetry()).toBe(undefined);
    countRestart("carrier");
  }, 30_000);
});
