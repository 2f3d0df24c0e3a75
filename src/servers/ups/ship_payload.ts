/**
 * A shipment in the words of UPS: the body of the ship request (UPS Shipping API, v2409).
 *
 * @module
 */
import type { Address } from "../../contracts/address.ts";
import type { ShippingCreate } from "../../contracts/carrier.ts";
import { weightText } from "./ship_limits.ts";

type Json = Record<string, unknown>;

/**
 * Builds the body of a ship request.
 *
 * Our key is the first reference, so that the shipment can be found by it if the answer is lost.
 *
 * @param request The shipment.
 * @param account The account that pays.
 * @returns The body.
 *
 * @internal
 */
export function shipPayload(request: ShippingCreate, account: string): Json {
  const { shipper, ship_to, packages, service_code, idempotency_key, order_reference } = request;
  const references = [
    { Code: "TN", Value: idempotency_key },
    ...(order_reference ? [{ Value: order_reference }] : []),
  ];
  const onPackages = hasPackageReferences(shipper, ship_to);
  const description = packages.find((parcel) => parcel.description)?.description;
  const format = labelFormatOf(request);
  return {
    ShipmentRequest: {
      Request: {
        RequestOption: "nonvalidate",
        SubVersion: "2205",
        TransactionReference: { CustomerContext: idempotency_key },
      },
      Shipment: {
        ...(description ? { Description: description } : {}),
        Shipper: { ...partyOf(shipper, false), ShipperNumber: account },
        ShipTo: partyOf(ship_to, request.residential ?? ship_to.residential ?? false),
        PaymentInformation: {
          ShipmentCharge: [{ Type: "01", BillShipper: { AccountNumber: account } }],
        },
        Service: { Code: service_code },
        ShipmentRatingOptions: { NegotiatedRatesIndicator: "" },
        ...(onPackages ? {} : { ReferenceNumber: references }),
        Package: packages.map((parcel) => ({
          ...packageOf(parcel),
          ...(onPackages ? { ReferenceNumber: references } : {}),
        })),
      },
      LabelSpecification: {
        LabelImageFormat: { Code: format },
        HTTPUserAgent: "Mozilla/4.5",
        // Only for label printers: with GIF, UPS refuses it.
        ...(format === "GIF" ? {} : { LabelStockSize: { Height: "6", Width: "4" } }),
      },
    },
  };
}

/**
 * The format of the labels of a request.
 *
 * @param request The request.
 * @returns Such as `ZPL`.
 *
 * @internal
 */
export function labelFormatOf({ label_format }: Pick<ShippingCreate, "label_format">): string {
  return (label_format ?? "ZPL").toUpperCase();
}

/**
 * Whether references go on the packages: from US to US and from PR to PR. On every other lane they
 * go on the shipment (UPS errors 120541, 120542).
 *
 * @param from The shipper.
 * @param to The receiver.
 * @returns Whether they do.
 *
 * @internal
 */
export function hasPackageReferences(from: Address, to: Address): boolean {
  const zone = zoneOf(from);
  return zone === zoneOf(to) && (zone === "US" || zone === "PR");
}

/** Puerto Rico is a lane of its own, however the address writes it. */
function zoneOf({ country_code, state_province_code }: Address): string {
  return country_code === "US" && state_province_code === "PR" ? "PR" : country_code;
}

function partyOf(address: Address, isResidential: boolean): Json {
  const digits = (address.phone ?? "").replace(/\D/g, "");
  const isUs = address.country_code === "US" || address.country_code === "PR";
  const postalCode = address.postal_code?.trim();
  return {
    Name: address.name,
    ...(address.attention_name ? { AttentionName: address.attention_name } : {}),
    ...(digits ? { Phone: { Number: digits } } : {}),
    ...(address.email ? { EMailAddress: address.email } : {}),
    Address: {
      AddressLine: [address.address_line1, address.address_line2, address.address_line3]
        .filter((line) => line !== undefined && line.trim() !== ""),
      City: address.city,
      ...(address.state_province_code ? { StateProvinceCode: address.state_province_code } : {}),
      // UPS takes nine digits, not the ten characters of 12345-6789.
      ...(postalCode ? { PostalCode: isUs ? postalCode.replace("-", "") : postalCode } : {}),
      CountryCode: address.country_code,
      // A tag whose presence means true.
      ...(isResidential ? { ResidentialAddressIndicator: "" } : {}),
    },
  };
}

function packageOf(parcel: ShippingCreate["packages"][number]): Json {
  const { length, width, height } = parcel;
  // UPS wants whole numbers, and the longest side first.
  const [longest, middle, shortest] = [length, width, height]
    .map((side) => Math.ceil(side ?? 0)).sort((left, right) => right - left);
  const isMeasured = length !== undefined && width !== undefined && height !== undefined;
  return {
    ...(parcel.description ? { Description: parcel.description } : {}),
    Packaging: { Code: parcel.packaging_type },
    PackageWeight: {
      UnitOfMeasurement: { Code: parcel.weight_unit },
      Weight: weightText(parcel.weight),
    },
    ...(isMeasured
      ? {
        Dimensions: {
          UnitOfMeasurement: { Code: parcel.dimension_unit },
          Length: String(longest),
          Width: String(middle),
          Height: String(shortest),
        },
      }
      : {}),
  };
}
