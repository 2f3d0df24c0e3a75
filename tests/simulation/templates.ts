/**
 * The template environment without its worker: the same compiler and renderer, in this process, so that
 * a simulation waits for no message.
 *
 * @module
 */
import { WaybillError } from "../../src/errors.ts";
import type { TemplateEnvironment } from "../../src/templates/environment.ts";
import { readyTemplate } from "../../src/templates/render_template.ts";

/** The orders of a simulated source as requests. */
export const template = {
  name: "simulated.njk",
  text: `{
  "order_reference": "{{ row.order }}",
  "ship_to": {
    "name": "{{ row.name }}", "address_line1": "1 Main St", "city": "Alpharetta",
    "state_province_code": "GA", "postal_code": "{{ row.zip }}", "country_code": "US"
  },
  "packages": [{ "weight": {{ row.weight }} }],
  "service_code": "03"
}`,
};

const timeLimitMs = 2_000;

/** Makes one. */
export function simTemplates(): TemplateEnvironment {
  return {
    compile: ({ text }) => {
      const { columns, render } = readyTemplate(text, timeLimitMs);
      return Promise.resolve({
        columns,
        render: (contexts) =>
          Promise.resolve(contexts.map(({ row, shipper, job }) => {
            const answer = render({ row: { ...row }, shipper: structuredClone(shipper), job });
            if (answer.ok) return { ok: true, request: JSON.parse(answer.text) };
            return { ok: false, error: new WaybillError("E-4003", JSON.stringify(answer.fault)) };
          })),
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
