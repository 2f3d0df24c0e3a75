/**
 * A shipment in the words of UPS's Rating API (v2409), whose names differ from shipping's in places.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import { laneOf } from "./lane.ts";
import { measuresOf } from "./parcel.ts";
import { type Json, placeOf } from "./party.ts";
import { plainText } from "./plain_text.ts";
import { serviceName } from "./services.ts";
import { invoiceTotalOf, receiverOf } from "./ship_payload.ts";
import type { UpsQuestion } from "./ups_http.ts";

/** Whether one service is rated, or every one of the lane. */
export type RateOption = "Rate" | "Shop";

/** Version of the extra fields in rating's answers; shipping has another one. */
const subVersion = "2409";

/**
 * The question.
 *
 * @param request The shipment.
 * @param account The account that would pay.
 * @param option What is rated.
 * @returns The question.
 *
 * @internal
 */
export function rateQuestion(
  request: ShipmentRequest,
  account: string,
  option: RateOption,
): UpsQuestion {
  const { shipper, service_code, packages } = request;
  const { Address: receiver } = receiverOf(request);
  return {
    path: `/api/rating/v2409/${option}`,
    body: {
      RateRequest: {
        // What is asked for stands in the path.
        Request: {
          SubVersion: subVersion,
          TransactionReference: { CustomerContext: "waybill rate" },
        },
        Shipment: {
          Shipper: {
            Name: plainText(shipper.name),
            ShipperNumber: account,
            Address: ratedPlace(placeOf(shipper)),
          },
          ShipTo: { Name: plainText(request.ship_to.name), Address: ratedPlace(receiver) },
          PaymentDetails: {
            ShipmentCharge: [{ Type: "01", BillShipper: { AccountNumber: account } }],
          },
          ...(option === "Rate" ? { Service: serviceOf(service_code) } : {}),
          ShipmentRatingOptions: { NegotiatedRatesIndicator: "" },
          ...invoiceTotalOf(request),
          ...(laneOf(request).isDomestic ? {} : documentsOf(request)),
          Package: packages.map((parcel) => ({
            PackagingType: { Code: parcel.packaging_type },
            ...measuresOf(parcel, true),
          })),
        },
      },
    },
  };
}

/** Rating takes states of two letters; elsewhere a price does not depend on them. */
function ratedPlace({ StateProvinceCode: state, ...place }: Json): Json {
  return String(state ?? "").length === 2 ? { ...place, StateProvinceCode: state } : place;
}

function serviceOf(code: string): Json {
  const name = serviceName(code);
  return { Code: code, ...(name ? { Description: name } : {}) };
}

/** Letters are documents, which a border charges nothing for. */
function documentsOf({ packages }: ShipmentRequest): Json {
  const isDocuments = packages.every(({ packaging_type }) => packaging_type === "01");
  return isDocuments ? { DocumentsOnlyIndicator: "" } : {};
}
