/** The UPS server's tools and the sandbox, which were written apart: they agree about everything. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shipmentRequestSchema } from "../src/contracts/carrier.ts";
import { createShipment } from "../src/servers/ups/create_shipment.ts";
import { findShipment } from "../src/servers/ups/find_shipment.ts";
import { getLabel } from "../src/servers/ups/get_label.ts";
import { quoteShipment, shopShipment } from "../src/servers/ups/rate_shipment.ts";
import { trackByNumber, trackByReference } from "../src/servers/ups/track_packages.ts";
import { validateAddress } from "../src/servers/ups/validate_address.ts";
import { voidShipment } from "../src/servers/ups/void_shipment.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { orders } from "./helpers/generated_orders.ts";
import { abroad, canadian } from "./helpers/international.ts";
import { upsIn } from "./helpers/scripted_ups.ts";
import { startSandbox } from "./helpers/servers.ts";
import { shipment } from "./helpers/shipments.ts";

async function withSandbox(use: (ups: ReturnType<typeof upsIn>) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  await Deno.mkdir(`${folder.path}/sandbox`);
  await using sandbox = await startSandbox(`${folder.path}/sandbox`);
  using ups = upsIn(folder.path, sandbox.url, { timeoutMs: 20_000 });
  await use(ups);
}

/** The services that the sandbox carries by; what is offered within Canada, it does not know. */
const carried: ReadonlySet<string> = new Set("01 02 03 07 08 11 12 13 14 54 59 65".split(" "));

describe("the UPS server with the sandbox", () => {
  it("bills what it quoted, and finds, tracks, draws again and voids what it bought", async () => {
    await withSandbox(async (ups) => {
      for (
        const [key, args] of [
          ["KEY00001", shipment("KEY00001")],
          ["KEY00002", abroad("KEY00002")],
          ["KEY00003", abroad("KEY00003", { ship_to: canadian, service_code: "11" })],
        ] as const
      ) {
        const request = shipmentRequestSchema.parse(args);
        const quote = await quoteShipment(request, ups);
        const answer = await createShipment(args, ups);
        expect(answer).toMatchObject({ outcome: "bought", total_charges: quote.total_charges });
        const goesAbroad = key !== "KEY00001";
        expect(answer.forms?.map(({ format }) => format)).toEqual(goesAbroad ? ["PDF"] : undefined);
        const offers = await shopShipment(request, ups);
        expect(offers.map(({ total_charges }) => total_charges)).toContainEqual(
          quote.total_charges,
        );
        const [number = ""] = answer.tracking_numbers ?? [];
        const asked = { idempotency_key: key };
        expect(await findShipment(asked, ups, true))
          .toMatchObject({ found: "one", tracking_numbers: [number] });
        const found = { found: true, packages: [{ tracking_number: number }] };
        expect(await trackByNumber({ tracking_number: number }, ups)).toMatchObject(found);
        expect(await trackByReference({ reference: key }, ups)).toMatchObject(found);
        const { labels, forms } = await getLabel({ tracking_number: number, format: "PDF" }, ups);
        expect(labels).toMatchObject([{ format: "PDF", tracking_number: number }]);
        expect(forms?.length).toBe(goesAbroad ? 1 : undefined);
        expect(await voidShipment({ shipment_id: number }, ups)).toMatchObject({ voided: true });
        expect((await findShipment(asked, ups)).found).toBe("voided");
      }
    });
  });

  it("knows an address, one that is not there, and what UPS does not know", async () => {
    await withSandbox(async (ups) => {
      const { ship_to } = shipmentRequestSchema.parse(shipment("KEY00001"));
      const statusOf = async (changes: Record<string, string>) =>
        (await validateAddress({ ...ship_to, ...changes }, ups)).status;
      expect(await statusOf({})).toBe("valid");
      expect(await statusOf({ postal_code: "99501" })).not.toBe("valid");
      expect(await statusOf({ country_code: "DE" })).toBe("unavailable");
    });
  });

  it("buys every order that our own check lets through", async () => {
    await withSandbox(async (ups) => {
      let count = 0;
      await fc.assert(
        fc.asyncProperty(orders, async (order) => {
          fc.pre(carried.has(order.service_code) && order.shipper.country_code !== "CA");
          // GIF is drawn slowly, and others than ours are not bought on the sandbox's account.
          const { account_number: _, label_format: __, ...rest } = order;
          const key = `KEY${String(++count).padStart(8, "0")}`;
          const { outcome, errors } = await createShipment({ ...rest, idempotency_key: key }, ups);
          expect({ outcome, errors }).toEqual({ outcome: "bought", errors: undefined });
        }),
        { numRuns: 15 },
      );
    });
  });
});
