/** Arguments of `shipping_create` for tests. @module */

/** A small domestic shipment. */
export function shipment(
  key: string,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    idempotency_key: key,
    order_reference: "ORDER-1001",
    service_code: "03",
    shipper: {
      name: "Acme Inc",
      phone: "(410) 555-0100",
      address_line1: "2311 York Rd",
      city: "Timonium",
      state_province_code: "MD",
      postal_code: "21093",
      country_code: "US",
    },
    ship_to: {
      name: "Zoë O'Brien",
      address_line1: "123 Main St",
      city: "Alpharetta",
      state_province_code: "GA",
      postal_code: "30005-1234",
      country_code: "US",
    },
    packages: [{ weight: 2.5, length: 8, width: 10, height: 3.2 }],
    ...changes,
  };
}
