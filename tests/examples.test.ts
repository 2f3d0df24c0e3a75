import { describe, expect, it } from "vitest";
import { addressSchema } from "../src/contracts/address.ts";
import type { CheckAnswer } from "../src/contracts/questions.ts";
import { openCsvSource } from "../src/servers/source/csv/csv_table.ts";
import { openTemplateEnvironment } from "../src/templates/environment.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { startSandbox, startUps } from "./helpers/servers.ts";

const examples = new URL("../examples/", import.meta.url).pathname;

describe("examples", () => {
  it("hold a shipper that fits the contract", async () => {
    const shipper: unknown = JSON.parse(await Deno.readTextFile(`${examples}shipper.json`));
    expect(addressSchema.safeParse(shipper).error).toBeUndefined();
  });

  it.each(["orders.csv", "orders-packages.csv"])("%s can be shipped row by row", async (name) => {
    using folder = temporaryFolder();
    const [labels, books] = [`${folder.path}/labels`, `${folder.path}/sandbox`];
    for (const path of [labels, books]) await Deno.mkdir(path);
    await using sandbox = await startSandbox(books);
    await using ups = await startUps(sandbox.url, labels);
    const shipper: unknown = JSON.parse(await Deno.readTextFile(`${examples}shipper.json`));
    await using source = openCsvSource(`${examples}${name}`);
    const { rows } = await source.getRows(0, 100);
    expect(rows).toHaveLength(name === "orders.csv" ? 25 : 8);
    for (const { row_number, data } of rows) {
      const text = (column: string) => String(data[column] ?? "");
      const weights = text("package_weights") || text("weight_lbs");
      const { structured } = await ups.call("shipping_create", {
        idempotency_key: `EXAMPLE${row_number}0`,
        order_reference: text("order_id"),
        service_code: text("service") || "03",
        shipper,
        ship_to: {
          name: text("company") || text("recipient"),
          attention_name: text("recipient"),
          phone: text("phone"),
          address_line1: text("address1"),
          address_line2: text("address2"),
          city: text("city"),
          state_province_code: text("state"),
          postal_code: text("zip"),
          country_code: "US",
        },
        packages: weights.split(";").map((weight) => ({ weight: Number(weight) })),
      });
      expect(structured).toMatchObject({ outcome: "bought" });
    }
  });

  it("orders-international.csv is rendered, found in order and shipped, goods and all", async () => {
    using folder = temporaryFolder();
    const [labels, books] = [`${folder.path}/labels`, `${folder.path}/sandbox`];
    for (const path of [labels, books]) await Deno.mkdir(path);
    await using sandbox = await startSandbox(books);
    await using ups = await startUps(sandbox.url, labels);
    const shipper: unknown = JSON.parse(await Deno.readTextFile(`${examples}shipper.json`));
    await using source = openCsvSource(`${examples}orders-international.csv`);
    const { rows } = await source.getRows(0, 100);
    const name = "ups-international.json.njk";
    await using environment = openTemplateEnvironment();
    const template = await environment.compile({
      name,
      text: await Deno.readTextFile(`${examples}${name}`),
    });
    const job = { id: "j1", name: "Friday" };
    const rendered = await template.render(
      rows.map(({ row_number, data }) => ({ row: data, rowNumber: row_number, shipper, job })),
    );
    const shipments = rendered.map((each) => {
      if (!each.ok) throw each.error;
      return { shipper, ...Object(each.request) };
    });
    expect(shipments.map(({ ship_to }) => ship_to.country_code))
      .toEqual(["CA", "GB", "DE", "JP", "MX", "PR", "FR", "AU"]);
    expect(shipments.map(({ international }) => international.products.length))
      .toEqual([2, 1, 3, 1, 1, 1, 1, 2]);
    const checked = await ups.call("shipping_check", { shipments });
    const { results }: CheckAnswer = Object(checked.structured);
    expect(results).toEqual(shipments.map(() => ({ faults: [] })));
    for (const [at, shipment] of shipments.entries()) {
      const key = `EXAMPLE${at + 1}0`;
      const { structured } = await ups.call("shipping_create", {
        idempotency_key: key,
        ...shipment,
      });
      expect(structured).toMatchObject({ outcome: "bought" });
    }
  });
});
