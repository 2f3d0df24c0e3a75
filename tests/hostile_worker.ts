/**
 * A template worker as a template would leave it that broke out of nunjucks: the template's text
 * says what it does. Used by `template_worker.test.ts`.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

let mode = "";

self.onmessage = ({ data }): void => {
  const { id } = data;
  if (data.kind === "compile") {
    mode = data.text;
    const columns = mode === "bad columns" ? [{ name: 1 }] : [];
    self.postMessage({ id, kind: "compiled", columns });
    return;
  }
  const names = data.contexts.map(({ row }: { row: { name: unknown } }) => row.name);
  const honest = { id, kind: "rendered", rows: names.map(honestRow) };
  switch (mode) {
    case "forge":
      self.postMessage("rubbish");
      self.postMessage(null);
      self.postMessage({ ...honest, id: "0", rows: names.map(() => forgedRow) });
      self.postMessage({ ...honest, rows: [] });
      self.postMessage({ ...honest, rows: [...names, "more"].map(() => forgedRow) });
      self.postMessage({ ...honest, rows: names.map(() => ({ ok: true, request: "forged" })) });
      self.postMessage({ ...honest, rows: names.map(() => ({ ok: true, text: 1 })) });
      self.postMessage({ ...honest, kind: "compiled", columns: [] });
      return self.postMessage(honest);
    case "terminal":
      return self.postMessage({
        id,
        kind: "refused",
        fault: { kind: "template", problem: "\u001b[2J\u202ered\n" + "x".repeat(10_000), line: -5 },
      });
    case "permissions":
      return self.postMessage({
        id,
        kind: "rendered",
        rows: [{ ok: true, text: JSON.stringify(reach()) }],
      });
    default:
      if (names.includes("throws")) throw new Error("out of the worker");
      if (names.includes("closes")) return self.close();
      if (names.includes("silent")) return;
      return self.postMessage(honest);
  }
};
self.postMessage({ kind: "ready" });

const forgedRow = { ok: true, text: '"forged"' };

function honestRow(name: unknown): unknown {
  return { ok: true, text: JSON.stringify({ name }) };
}

/** What can be had from in here. */
function reach(): Record<string, string> {
  const names = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;
  return Object.fromEntries(
    names.map((name) => [name, Deno.permissions.querySync({ name }).state]),
  );
}
