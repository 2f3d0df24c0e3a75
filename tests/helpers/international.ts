/** Arguments of `shipping_create` for shipments across a border. @module */
import { shipment } from "./shipments.ts";

/** Who ships abroad: with a contact and a phone number. */
export const exporter = {
  name: "Acme Goods Inc",
  attention_name: "Shipping Desk",
  phone: "410-555-0100",
  address_line1: "2311 York Rd",
  city: "Timonium",
  state_province_code: "MD",
  postal_code: "21093",
  country_code: "US",
};

/** A receiver in Munich. */
export const german = {
  name: "Muster GmbH",
  attention_name: "Erika Muster",
  phone: "+49 89 1234 5678",
  address_line1: "Marienplatz 1",
  city: "München",
  postal_code: "80331",
  country_code: "DE",
};

/** A receiver in Toronto. */
export const canadian = {
  name: "Maple Books",
  attention_name: "Jo Leclerc",
  phone: "416-555-0199",
  address_line1: "100 Queen St W",
  city: "Toronto",
  state_province_code: "ON",
  postal_code: "m5h 2n2",
  country_code: "CA",
};

/** A receiver in San Juan, written as people in the US do. */
export const puertoRican = {
  ...exporter,
  name: "Casa Verde",
  address_line1: "100 Calle Fortaleza",
  city: "San Juan",
  state_province_code: "PR",
  postal_code: "00901",
};

/** Two shirts. */
export const shirts = {
  description: "Cotton shirt",
  quantity: 2,
  unit_value: "15.00",
  commodity_code: "6109.10",
  origin_country_code: "US",
};

/** The customs data of two shirts. */
export const customs = {
  description: "Shirts",
  invoice_number: "INV-1001",
  invoice_date: "2026-11-23",
  currency_code: "USD",
  terms_of_shipment: "DAP",
  products: [shirts],
};

/** Two shirts to Munich. */
export function abroad(
  key: string,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return shipment(key, {
    shipper: exporter,
    ship_to: german,
    service_code: "07",
    international: customs,
    ...changes,
  });
}
