import { describe, expect, it } from "vitest";
import {
  openTemplateEnvironment,
  type Rendered,
  type TemplateContext,
} from "../src/templates/environment.ts";

const workerUrl = new URL("./hostile_worker.ts", import.meta.url);

function contexts(...names: unknown[]): TemplateContext[] {
  return names.map((name, index) => ({
    row: { name },
    rowNumber: index + 1,
    shipper: {},
    job: { id: "j", name: "" },
  }));
}

function outcome(rendered: Rendered): unknown {
  return rendered.ok ? rendered.request : [rendered.error.code, rendered.error.rowNumber];
}

/** Renders rows in the hostile worker. */
async function hostile(text: string, ...names: unknown[]): Promise<Rendered[]> {
  await using environment = openTemplateEnvironment({ timeLimitMs: 150, workerUrl });
  const template = await environment.compile({ name: "t.njk", text });
  return await template.render(contexts(...names));
}

describe("a hostile template worker", () => {
  it("has no permission at all", async () => {
    const [rendered] = await hostile("permissions", "a");
    const states = rendered?.ok ? rendered.request : rendered?.error;
    // Not granted is "prompt" where Deno may ask a person, which `--no-prompt` forbids.
    const names = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];
    expect(states).toEqual(
      Object.fromEntries(names.map((name) => [name, expect.stringMatching(/^(prompt|denied)$/)])),
    );
  });

  it("is not believed when it forges messages", async () => {
    expect((await hostile("forge", "a", "b")).map(outcome)).toEqual([{ name: "a" }, { name: "b" }]);
  });

  it("cannot write control characters or long texts into an error", async () => {
    const [rendered] = await hostile("terminal", "a");
    if (rendered === undefined || rendered.ok) throw new Error("it was rendered");
    expect(rendered.error.message).toMatch(/^Cannot render row 1: [ -~…]{1,500}$/);
  });

  it("does not take the main side down with an error of its own", async () => {
    expect((await hostile("", "a", "throws", "c")).map(outcome)).toEqual([
      { name: "a" },
      ["E-4003", 2],
      { name: "c" },
    ]);
  });

  it.each(["silent", "closes"])("costs only the row at which it is %s", async (name) => {
    expect((await hostile("", "a", name, "c")).map(outcome)).toEqual([
      { name: "a" },
      ["E-4013", 2],
      { name: "c" },
    ]);
  });

  it("is said not to have started when it did not", async () => {
    await using environment = openTemplateEnvironment({
      workerUrl: new URL("./no_such_worker.ts", import.meta.url),
    });
    await expect(environment.compile({ name: "t.njk", text: "1" })).rejects.toMatchObject({
      code: "E-4015",
    });
  });

  it("is given up when its columns are none", async () => {
    await expect(hostile("bad columns", "a")).rejects.toMatchObject({ code: "E-4013" });
  });
});

describe("a template worker", () => {
  it("answers callers that ask at once", async () => {
    await using environment = openTemplateEnvironment();
    const template = await environment.compile({ name: "t.njk", text: "{{ row.name }}" });
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
    const rendered = await Promise.all(names.map((name) => template.render(contexts(name))));
    expect(rendered.flat().map(outcome)).toEqual(names);
  });

  it("renders more rows than fit one message, in order", async () => {
    await using environment = openTemplateEnvironment();
    const template = await environment.compile({ name: "t.njk", text: "{{ row.name }}" });
    const names = Array.from({ length: 450 }, (_, index) => `n${index}`);
    expect((await template.render(contexts(...names))).map(outcome)).toEqual(names);
  });

  it("is started again for a template that had to make room", async () => {
    await using environment = openTemplateEnvironment();
    const templates = [];
    for (let count = 0; count < 10; count++) {
      templates.push(await environment.compile({ name: "t.njk", text: `[${count}]` }));
    }
    const rendered = [];
    for (const template of templates) rendered.push(...await template.render(contexts("a")));
    expect(rendered.map(outcome)).toEqual([[0], [1], [2], [3], [4], [5], [6], [7], [8], [9]]);
  });

  it("is shared by all who compile the same text, and each is told of its own file", async () => {
    const { Worker: Original } = globalThis;
    let begun = 0;
    globalThis.Worker = class extends Original {
      constructor(...given: ConstructorParameters<typeof Original>) {
        super(...given);
        begun++;
      }
    };
    try {
      await using environment = openTemplateEnvironment();
      const text = "{{ row.name.nothing.more }}";
      const one = await environment.compile({ name: "one.njk", text });
      const other = await environment.compile({ name: "other.njk", text });
      const messages = [...await one.render(contexts("a")), ...await other.render(contexts("a"))]
        .map((each) => each.ok ? "" : each.error.message);
      expect(messages[0]).toContain("one.njk");
      expect(messages[1]).toContain("other.njk");
      expect(begun).toBe(1);
      await environment.compile({ name: "one.njk", text: "1" });
      expect(begun).toBe(2);
    } finally {
      globalThis.Worker = Original;
    }
  });

  it("answers with an error after its environment was closed", async () => {
    const environment = openTemplateEnvironment();
    const template = await environment.compile({ name: "t.njk", text: "1" });
    await environment[Symbol.asyncDispose]();
    expect((await template.render(contexts("a"))).map(outcome)).toEqual([["E-4003", 1]]);
  });

  it("refuses a row that cannot be sent, and only that one", async () => {
    await using environment = openTemplateEnvironment();
    const template = await environment.compile({ name: "t.njk", text: "{{ row.name }}" });
    const rendered = await template.render(contexts("a", () => {}, "c"));
    expect(rendered.map(outcome)).toEqual(["a", ["E-4003", 2], "c"]);
  });

  it("gives up on a template that ends on no row, instead of trying each of them", async () => {
    await using environment = openTemplateEnvironment({ timeLimitMs: 50 });
    const loop = "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}" +
      "{% endfor %}{% endfor %}{% endfor %}";
    const template = await environment.compile({ name: "t.njk", text: `"{{ row.name }}"${loop}` });
    const rendered = await template.render(contexts(...Array.from({ length: 300 }, () => "a")));
    expect(rendered.map(outcome)).toEqual(rendered.map((_, index) => ["E-4013", index + 1]));
    const untried = rendered.filter((each) =>
      !each.ok && each.error.message.includes("took too long on 3 rows before it")
    );
    // In each message of 200 rows three are tried.
    expect(untried.length).toBe(300 - 2 * 3);
  });

  it("lets the process end once its environment is closed, even after an endless loop", async () => {
    const script = `
      import { openTemplateEnvironment } from "./src/templates/environment.ts";
      await using environment = openTemplateEnvironment({ timeLimitMs: 50 });
      const text = "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}" +
        "{% endfor %}{% endfor %}{% endfor %}";
      const template = await environment.compile({ name: "t.njk", text });
      const [rendered] = await template.render([
        { row: {}, rowNumber: 1, shipper: {}, job: { id: "", name: "" } },
      ]);
      console.log(rendered.error.code);
    `;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read=src/templates", "-"],
      cwd: new URL("..", import.meta.url),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      signal: AbortSignal.timeout(20_000),
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { code, stdout } = await child.output();
    expect([code, new TextDecoder().decode(stdout).trim()]).toEqual([0, "E-4013"]);
  });
});
