import { afterAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import {
  openTemplateEnvironment,
  type Rendered,
  type TemplateContext,
} from "../src/templates/environment.ts";

const environment = openTemplateEnvironment({ timeLimitMs: 500 });
afterAll(async () => await environment[Symbol.asyncDispose]());

function context(row: Record<string, unknown>, rowNumber = 7): TemplateContext {
  return { row, rowNumber, shipper: { name: "Shop" }, job: { id: "j1", name: "Friday" } };
}

async function render(text: string, ...rows: Record<string, unknown>[]): Promise<Rendered[]> {
  const template = await environment.compile({ name: "t.njk", text });
  return await template.render(rows.map((row) => context(row)));
}

/** The JSON that one row renders to. */
async function made(text: string, row: Record<string, unknown> = {}): Promise<unknown> {
  const [rendered] = await render(text, row);
  if (!rendered?.ok) throw rendered?.error;
  return rendered.request;
}

/** What the error of one row says. */
async function refusal(
  text: string,
  row: Record<string, unknown> = {},
): Promise<{ code: string; message: string; remedy: string | undefined }> {
  try {
    const [rendered] = await render(text, row);
    if (rendered?.ok !== false) throw new Error(`rendered ${JSON.stringify(rendered)}`);
    return rendered.error;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && "remedy" in thrown) {
      const { message } = thrown;
      return { code: String(thrown.code), message, remedy: String(thrown.remedy) };
    }
    throw thrown;
  }
}

const nasty = [
  'O"Neil\\',
  "line\nfeed\r\ttab",
  "{{ row.b }}",
  "}}{% raw %}",
  "😀 שלום",
  "\u0000\u0001\u0002\u001f\u007f",
  "\u00010\u0002",
  "\ud800 lone \udc00",
  "\u2028\u2029",
  '","evil":"',
  "\\u0022",
  "",
];
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "{", "}", "\u0001", "0", "\u0002", ",", "\ud83d") }),
  fc.constantFrom(...nasty),
);

describe("a value", () => {
  it("is the same text again when it stands inside quotes, and changes no field", async () => {
    const template = await environment.compile({
      name: "t.njk",
      text: '{% macro q(x) %}"{{ x }}"{% endmacro %}{% set s %}{{ row.v }}{% endset %}' +
        '{ "a": "{{ row.v }}", "b": "<{{ row.v }}|{{ row.v }}>", "c": {{ q(row.v) }}, "d": "{{ s }}",' +
        ' "e": "{{ row.v | safe }}", "f": "{{ row.v ~ s }}", "g": "{{ row.v | escape | string }}" }',
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 20 }), async (values) => {
        const rendered = await template.render(values.map((v) => context({ v })));
        for (const [index, v] of values.entries()) {
          expect(rendered[index]).toEqual({
            ok: true,
            request: { a: v, b: `<${v}|${v}>`, c: v, d: v, e: v, f: v + v, g: v },
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is exactly one value when it stands alone", async () => {
    const template = await environment.compile({
      name: "t.njk",
      text: '{ "a": {{ row.v }}, "b": [{{ row.v | safe }}], "c": {{ row.v | dump }} }',
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 20 }), async (values) => {
        const rendered = await template.render(values.map((v) => context({ v })));
        for (const [index, v] of values.entries()) {
          const alone = typeof v === "string" && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(v) ? Number(v) : v;
          expect(rendered[index]).toEqual({ ok: true, request: { a: alone, b: [alone], c: v } });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("stands alone as any JSON that a source may hold", async () => {
    const template = await environment.compile({ name: "t.njk", text: "[{{ row.v }}]" });
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ depthSize: "small" }).filter((v) => typeof v !== "string"),
        async (v) => {
          const [rendered] = await template.render([context({ v })]);
          expect(rendered).toEqual({
            ok: true,
            request: JSON.parse(JSON.stringify([v])),
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  const literals: [unknown, unknown][] = [
    ["02134", "02134"],
    ["2.50", 2.5],
    ["-3", -3],
    ["1e5", "1e5"],
    ["1.", "1."],
    [" 1", " 1"],
    ["0", 0],
    ["123456789012345", 123456789012345],
    ["1234567890123456", "1234567890123456"],
    ["true", "true"],
    [true, true],
    [null, null],
    [12n, 12],
    [12345678901234567890n, "12345678901234567890"],
    [new Date("2026-01-15T00:00:00Z"), "2026-01-15T00:00:00.000Z"],
    [["1", { b: 2 }], ["1", { b: 2 }]],
  ];
  for (const [value, result] of literals) {
    it(`stands alone as ${JSON.stringify(result)} for the ${typeof value} ${value}`, async () => {
      expect(await made("{{ row.v }}", { v: value })).toEqual(result);
    });
  }

  it("is empty inside quotes where the cell is empty", async () => {
    expect(await made('"{{ row.v }}"', { v: null })).toBe("");
  });

  it.each([
    '{ "{{ row.v }}": 1 }',
    '{ "a{{ row.v }}b" : 1 }',
    "{ {{ row.v }}: 1 }",
    "{ {{ row.v | dump }} : 1 }",
  ])("cannot name a field in %s", async (text) => {
    expect(await refusal(`\n${text}`, { v: "x" })).toMatchObject({
      code: "E-4003",
      message: "Cannot render row 7: a value is used as the name of a JSON field (line 2 of t.njk)",
    });
  });

  it.each(["1{{ row.v }}", "{{ row.v }}.5", "{{ row.v }}{{ row.v }}", '"a"{{ row.v }}'])(
    "cannot grow together with other text in %s",
    async (text) => {
      expect((await refusal(text, { v: "1" })).message).toContain("right beside other text");
    },
  );

  it.each(['"\\{{ row.v }}"', '"\\u00{{ row.v }}"'])(
    "cannot finish an escape of the template in %s",
    async (text) => {
      expect((await refusal(text, { v: "41" })).message).toContain("unfinished escape");
    },
  );
});

describe("a template", () => {
  const renders: [string, unknown][] = [
    ['[{% for x in row.list %}{{ x }}{{ "," if not loop.last }}{% endfor %}]', [1, 2]],
    ["[{% for x in row.list %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}]", [1, 2]],
    ["[{% set j = joiner() %}{% for x in row.list %}{{ j() }}{{ x }}{% endfor %}]", [1, 2]],
    ['{% set p %} {"w": {{ row.a }}} {% endset %}[{{ p | trim }}]', [{ w: "v" }]],
    ['{% macro m(x, y="z") %}{"x": {{ x }}, "y": "{{ y }}"}{% endmacro %}{{ m(row.a) }}', {
      x: "v",
      y: "z",
    }],
    ["{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}{{ row.a }}{% endcall %}", ["v"]],
    ['{{ row.a ~ "-" ~ row.list[0] }}', "v-1"],
    ['"{{ row.a | upper | replace("V", "w") }}"', "w"],
    ['{{ "" if row.a == "v" else 1 }}', ""],
    ["{% set e %}{% endset %}{{ 1 if e else 2 }}", 2],
    ["{% set e %}{{ row.a }}{% endset %}{{ 1 if e == 'v' else 2 }}", 1],
    ['{{ row.gone | default_value("d") }}', "d"],
    ['{{ row["gone"] | d("d") }}', "d"],
    ["{{ row.gone is defined }}", false],
    ['{{ shipper.gone | default("d") }}', "d"],
    ['{{ "123 Main Street" | truncate_address(max_length=8) }}', "123 Main"],
    ['{"s": {{ shipper | tojson }}, "t": "{{ shipper | dump }}"}', {
      s: { name: "Shop" },
      t: '{"name":"Shop"}',
    }],
    ["{{ row.list | dump | safe }}", [1, 2]],
    ['{% filter upper %}"{{ row.a }}"{% endfilter %}', '"V"'],
    ['{"__proto__": 1, "a": 1, "a": {{ row.a }}}', JSON.parse('{"__proto__": 1, "a": "v"}')],
  ];
  for (const [text, result] of renders) {
    it(`renders ${text}`, async () => {
      expect(await made(text, { a: "v", list: [1, 2] })).toEqual(result);
    });
  }

  it("names its columns with lines, and whether a default stands in for them", async () => {
    const template = await environment.compile({
      name: "t.njk",
      text: '{{ row.b | d("") }}\n{{ row["a b"] }}\n{% set x = row.c %}{% set y %}{{ row.e }}' +
        "{% endset %}\n{{ row.b }}{{ row.f | default_value(row.g) | upper }}{{ row.h is defined }}",
    });
    expect(template.columns).toEqual([
      { name: "b", line: 4, optional: false },
      { name: "a b", line: 2, optional: false },
      { name: "c", line: 3, optional: false },
      { name: "e", line: 3, optional: false },
      { name: "f", line: 4, optional: true },
      { name: "g", line: 4, optional: false },
      { name: "h", line: 4, optional: true },
    ]);
  });

  it("keeps nothing from one row to the next", async () => {
    const text = "{% if row.first %}{% set seen = 1 %}{% endif %}" +
      '{{ shipper.name.concat("x").length }}{% set list = [] %}{% if list.push(1) %}{% endif %}';
    const rendered = await render(`[${text}, {{ list.length }}]`, { first: true }, { first: "" });
    expect(rendered.map((each) => each.ok && each.request)).toEqual([[5, 1], [5, 1]]);
    const [, second] = await render(
      "{% if row.first %}{% set seen = 1 %}{% endif %}{{ seen }}",
      { first: true },
      { first: "" },
    );
    expect(second).toMatchObject({ ok: false, error: { code: "E-4003" } });
  });

  it("cannot change what the next row is rendered from", async () => {
    const template = await environment.compile({
      name: "t.njk",
      text: "{{ shipper.tags.push(1) }}",
    });
    const shipper = { tags: [] };
    const rendered = await template.render([1, 2].map((rowNumber) => ({
      ...context({}, rowNumber),
      shipper,
    })));
    expect(rendered.map((each) => each.ok)).toEqual([false, false]);
  });
});

describe("an error", () => {
  it("names a missing column with row, line and the nearest one", async () => {
    expect(await refusal("\n\n{{ row.zipp }}", { zip: "1", city: "x" })).toMatchObject({
      code: "E-1001",
      message: 'Cannot render row 7: column "zipp" is not in the source (line 3 of t.njk)',
      remedy: 'Did you mean "zip" for "zipp"?',
    });
  });

  it("names all missing columns", async () => {
    expect((await refusal("{{ row.zipp }}\n{{ row.citi }}", { zip: "1" })).message).toContain(
      '"zipp" (line 1), "citi" (line 2)',
    );
  });

  it.each(["{{ row[row.name] }}", "{% set r = row %}{{ r.zipp }}", "{{ row['zi' ~ 'pp'] }}"])(
    "names a missing column that is only found on the way: %s",
    async (text) => {
      expect(await refusal(text, { name: "zipp" })).toMatchObject({
        code: "E-1001",
        message: 'Cannot render row 7: column "zipp" is not in the source (line 1 of t.njk)',
      });
    },
  );

  it("names filter, column, row and line, and quotes no cell", async () => {
    expect(await refusal('{\n"z": "{{ row.zip | format_us_zip }}"}', { zip: "K1A" })).toMatchObject(
      {
        code: "E-2002",
        message:
          'Cannot render row 7: format_us_zip refuses column "zip": it is not a US ZIP (line 2 of t.njk)',
      },
    );
  });

  it.each<[string, Record<string, string>]>([
    ["{{ row.v | round_weight }}", { v: "Ada Quux ".repeat(100) }],
    ["{{ row.v | upper | round_weight }}", { v: "Ada Quux" }],
    // Two columns have it: neither is named.
    ["{{ row.v | round_weight }}", { v: "Ada Quux", w: "Ada Quux" }],
    ['{ "a": {{ row.v }}, }', { v: "Ada Quux" }],
  ])("says nothing of what was in the cell: %s", async (text, row) => {
    const { message, remedy } = await refusal(text, row);
    expect(message).toContain("Cannot render row 7");
    expect(`${message} ${remedy}`).not.toMatch(/ada|quux/i);
    expect(message).not.toContain("column");
  });

  it("says where the rendered text is not JSON", async () => {
    expect(await refusal('{\n  "a": {{ row.v }},\n}', { v: "x" })).toMatchObject({
      code: "E-4003",
      message: "Cannot render row 7: t.njk does not make JSON: line 3 of the rendered text, " +
        'near { "…": "…", }',
    });
  });

  const refused: [string, string][] = [
    ["\n{{ row.a b }}", "expected variable end (line 2 of t.njk)"],
    ["{% if row.a %}", "end of file"],
    ["{{ (", "(line 1 of t.njk)"],
    ["{{ city }}", 'nothing is named "city" (line 1 of t.njk)'],
    ["{{ job.nme }}", 'job has no "nme"'],
    ["{{ shipper.nam }}", 'there is no field "nam" (line 1'],
    ["{{ row.a | truncat_address }}", 'there is no filter "truncat_address"'],
    ["{{ row.a is funny }}", 'there is no test "funny"'],
    ["{% include 'x' %}", '"include" does not work'],
    ["{% extends 'x' %}", '"extends" does not work'],
    ["{% import 'x' as y %}", '"import" does not work'],
    ["{% from 'x' import y %}", '"from" does not work'],
    ["{% block x %}{% endblock %}", '"block" does not work'],
    ["{% set row = 1 %}", '"row" cannot be given another meaning'],
    ["{{ row.a | random }}", 'there is no filter "random"'],
    ["a\u0001b", "control character"],
    ["{{ r/(a+)+$/ }}", "regular expressions"],
    ["{{ 1 / 0 }}", "Infinity"],
    ["{{ [1][2] }}", 'no field "2"'],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      const error = await refusal(text, { a: "v" });
      expect(error).toMatchObject({ code: "E-4003" });
      expect(error.message).toContain(message);
    });
  }
});

describe("a hostile template", () => {
  it.each([
    '{{ row.constructor.constructor("return Deno")() }}',
    '{{ row["constr" ~ "uctor"] }}',
    "{{ row.a.constructor }}",
    '{{ range.constructor("return 1")() }}',
    '{{ joiner().constructor("return 1")() }}',
    "{{ row.a.split.constructor }}",
    "{{ row.__proto__ }}",
    "{{ shipper.__proto__ }}",
    '{{ [].map.call("a") }}',
    "{{ loop }}",
    '{{ cycler(1)["constructor"] }}',
    '{{ row.a.match("(a+)+$") }}',
    '{{ 1 is "x\\") || Deno.exit() || (\\"" }}',
    '{{ row["\\\\\\"+Deno+\\""]() }}',
    '{{ a",Deno,"b }}',
    '{% for a, "b){Deno" in row %}{% endfor %}',
    '{% macro m("x"=1) %}{% endmacro %}',
    "{% set __proto__ = 1 %}",
    "{{ row.a.repeat(200000) }}",
    "{{ range(100000000) }}",
    "{{ row.a | center(100000000) }}",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
  ])("gets nowhere with %s", async (text) => {
    expect((await refusal(text, { a: "v" })).code).toMatch(/^E-(4003|1001|2002)$/);
  });

  it("costs only its row when it does not end, and the next render works", async () => {
    const text = "{% if row.loops %}{% for i in range(9999) %}{% for j in range(9999) %}" +
      "{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}{% endif %}{{ row.v }}";
    const template = await environment.compile({ name: "t.njk", text });
    const rows = [{ v: 1, loops: "" }, { v: 2, loops: "yes" }, { v: 3, loops: "" }];
    const rendered = await template.render(rows.map((row, index) => context(row, index + 1)));
    expect(rendered).toMatchObject([
      { ok: true, request: 1 },
      {
        ok: false,
        error: {
          code: "E-4013",
          rowNumber: 2,
          message: "Cannot render row 2: t.njk did not end within 500 ms",
        },
      },
      { ok: true, request: 3 },
    ]);
    expect(await template.render([context({ v: 4, loops: "" })])).toEqual([
      { ok: true, request: 4 },
    ]);
  });
});
