import { describe, expect, it } from "vitest";
import { shipmentRequestSchema } from "../src/contracts/carrier.ts";
import { openTemplateEnvironment, type Rendered } from "../src/templates/environment.ts";

const shipper = {
  name: "Waybill Shop",
  address_line1: "1 Harbor Way",
  city: "Oakland",
  state_province_code: "CA",
  postal_code: "94607",
  country_code: "US",
};
const requestSchema = shipmentRequestSchema.omit({ shipper: true });
const ground = {
  order_id: "A-1",
  recipient: 'Pat "O\'Neil" \\ Ltd',
  company: "",
  phone: "",
  address1: "12 Elm St",
  address2: null,
  city: "Cambridge",
  state: "ma",
  zip: "2139",
  weight_lbs: "2.25",
  length: "",
  width: "",
  height: "",
  residential: "",
  description: "",
};
const packages = {
  order_id: "A-2",
  recipient: "Ann Lee",
  phone: "(555) 123-4567",
  address1: "12 Elm St",
  address2: "Suite 4",
  city: "Cambridge",
  state: "MA",
  zip: "02139",
  service: "2-day",
  package_weights: "2.5;3;1.2",
};

async function renderExample(file: string, row: Record<string, unknown>): Promise<Rendered> {
  const text = await Deno.readTextFile(new URL(`../examples/${file}`, import.meta.url));
  await using environment = openTemplateEnvironment();
  const template = await environment.compile({ name: file, text });
  const [rendered] = await template.render([
    { row, rowNumber: 1, shipper, job: { id: "j1", name: "Friday" } },
  ]);
  if (rendered === undefined) throw new Error("nothing was rendered");
  return rendered;
}

function requestOf(rendered: Rendered): unknown {
  if (!rendered.ok) throw rendered.error;
  requestSchema.parse(rendered.request);
  return rendered.request;
}

describe("ups-ground.json.njk", () => {
  it("leaves out the fields of empty cells", async () => {
    expect(requestOf(await renderExample("ups-ground.json.njk", ground))).toEqual({
      order_reference: "A-1",
      service_code: "03",
      ship_to: {
        name: 'Pat "O\'Neil" \\ Ltd',
        address_line1: "12 Elm St",
        city: "Cambridge",
        state_province_code: "MA",
        postal_code: "02139",
        country_code: "US",
      },
      packages: [{ dimension_unit: "IN", weight_unit: "LBS", weight: 2.3 }],
    });
  });

  it("renders every cell that is filled in", async () => {
    const row = {
      ...ground,
      company: "Acme",
      phone: "555 123 4567",
      address2: "Suite 4",
      length: "10",
      width: 8,
      height: "2.50",
      residential: "No",
      description: "Books",
    };
    expect(requestOf(await renderExample("ups-ground.json.njk", row))).toMatchObject({
      ship_to: {
        name: "Acme",
        attention_name: 'Pat "O\'Neil" \\ Ltd',
        phone: "5551234567",
        address_line2: "Suite 4",
        residential: false,
      },
      packages: [{ length: 10, width: 8, height: 2.5, description: "Books" }],
    });
  });

  it("leaves a residential that is neither yes nor no to the contract", async () => {
    const rendered = await renderExample("ups-ground.json.njk", {
      ...ground,
      residential: "maybe",
    });
    expect(rendered.ok && requestSchema.safeParse(rendered.request).success).toBe(false);
  });
});

describe("ups-packages.json.njk", () => {
  it("renders a package for each weight and the service of the row", async () => {
    expect(requestOf(await renderExample("ups-packages.json.njk", packages))).toMatchObject({
      order_reference: "A-2",
      service_code: "02",
      packages: [{ weight: 2.5 }, { weight: 3 }, { weight: 1.2 }],
    });
  });

  it("refuses a service that could be two", async () => {
    const rendered = await renderExample("ups-packages.json.njk", {
      ...packages,
      service: "standard",
    });
    expect(rendered).toMatchObject({ ok: false, error: { code: "E-2002", rowNumber: 1 } });
  });
});
