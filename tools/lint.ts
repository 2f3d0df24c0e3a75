/**
 * Our own lint rule: imports run one way, as ARCHITECTURE.md draws it, and each outside library is
 * known to the layer that it belongs to.
 *
 * @module
 */

/** What each layer of `src` may import of the others. */
const inside: Record<string, readonly string[]> = {
  "error_codes.ts": [],
  "errors.ts": ["error_codes.ts"],
  "money.ts": [],
  contracts: ["contracts", "errors.ts"],
  machines: ["machines", "errors.ts", "money.ts"],
  db: ["db", "errors.ts"],
  templates: ["templates", "errors.ts"],
  where: ["where", "errors.ts"],
  servers: ["servers", "contracts", "where", "errors.ts"],
  actors: ["actors", "machines", "db", "templates", "contracts", "where", "errors.ts", "money.ts"],
  charts: ["charts", "machines"],
  // What it is allowed to do to a job, and what actors word, it is handed by the command line.
  viz: ["viz", "charts", "machines", "db", "contracts", "errors.ts"],
  cli: [
    "cli",
    "charts",
    "viz",
    "actors",
    "machines",
    "db",
    "templates",
    "contracts",
    "errors.ts",
    "money.ts",
  ],
};

/** Which layers may name a library. Machines name xstate and nothing else: they do no I/O. */
const outside: readonly [RegExp, readonly string[]][] = [
  [/^xstate/, ["machines", "actors", "charts"]],
  [/^elkjs/, ["charts"]],
  // The source server reads and writes other people's tables.
  [/^kysely|^pg$/, ["db", "actors", "viz", "cli", "servers"]],
  [/^mysql2/, ["servers"]],
  // The UPS server keeps a journal of its own, which the engine's database knows nothing of.
  [/^node:sqlite$/, ["db", "actors", "cli", "servers"]],
  [/^@modelcontextprotocol\/client/, ["actors"]],
  [/^@modelcontextprotocol\/server/, ["servers"]],
  [/^@opentelemetry/, ["actors"]],
  [/^nunjucks/, ["templates"]],
  [/^commander|^cli-/, ["cli"]],
  [/./, ["contracts", "db", "templates", "servers", "actors", "viz", "cli"]],
];

const plugin: Deno.lint.Plugin = {
  name: "waybill",
  rules: {
    "one-way-imports": {
      create(context) {
        const layer = layerOf(context.filename);
        const check = (node: Deno.lint.Node, from: string) => {
          const fault = layer && faultOf(layer, context.filename, from);
          if (fault) context.report({ node, message: fault, hint: "Move the shared part down" });
        };
        return {
          ImportDeclaration: (node) => check(node, node.source.value),
          ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
          ExportAllDeclaration: (node) => check(node, node.source.value),
        };
      },
    },
  },
};

export default plugin;

/** The folder below `src`, or the file if it lies in `src` itself. */
function layerOf(path: string): string | undefined {
  return /\/src\/([^/]+)/.exec(path)?.[1];
}

function faultOf(layer: string, file: string, from: string): string | undefined {
  if (!from.startsWith(".")) {
    const [, allowed = []] = outside.find(([name]) => name.test(from)) ?? [];
    return allowed.includes(layer) ? undefined : `src/${layer} may not use ${from}`;
  }
  const target = layerOf(new URL(from, `file://${file}`).pathname);
  if (target === undefined || inside[layer]?.includes(target)) return undefined;
  return `src/${layer} may not import src/${target}`;
}
