/**
 * What UPS refuses about who pays.
 *
 * @module
 */
import { faultIf, type UpsFault } from "../fault.ts";
import { laneOf } from "../lane.ts";
import type { Shipment } from "../ship_request.ts";

type Charge = NonNullable<Shipment["PaymentInformation"]>["ShipmentCharge"][number];

/**
 * Whether a text is the number of an account.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isAccount(text: string | undefined): boolean {
  return /^[A-Z0-9]{6}$/i.test(text ?? "");
}

/**
 * Checks who pays: type 01 is the carriage, type 02 duties and taxes.
 *
 * @param shipment The shipment.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkPayment(shipment: Shipment): UpsFault[] {
  const charges = shipment.PaymentInformation?.ShipmentCharge ?? [];
  const carriage = charges.filter(({ Type }) => Type === "01");
  const duties = charges.filter(({ Type }) => Type === "02");
  if (carriage.length === 0) return faultIf(true, "120400", "Missing payment information");
  const shipper = shipment.Shipper?.ShipperNumber;
  return [
    ...faultIf(
      carriage.length > 1 || duties.length > 1 ||
        charges.length > carriage.length + duties.length,
      "120410",
      "Invalid payment: one charge of type 01 and at most one of type 02",
    ),
    ...faultIf(
      duties.length > 0 && laneOf(shipment) === "domestic",
      "120410",
      "Invalid payment: a domestic shipment has no duties",
    ),
    ...charges.flatMap((charge) => checkCharge(charge, shipper)),
  ];
}

function checkCharge(charge: Charge, shipper: string | undefined): UpsFault[] {
  const { BillShipper, BillReceiver, BillThirdParty, ConsigneeBilledIndicator } = charge;
  const payers = [BillShipper, BillReceiver, BillThirdParty].filter((one) => one !== undefined);
  const count = payers.length + (ConsigneeBilledIndicator === undefined ? 0 : 1);
  const isCarriage = charge.Type === "01";
  return [
    ...faultIf(
      // Whoever receives pays the duties if nobody is named.
      isCarriage ? count !== 1 : count > 1,
      "120410",
      "Invalid payment: exactly one payer",
    ),
    ...faultIf(
      payers.some(({ AccountNumber }) => !isAccount(AccountNumber)),
      "120412",
      "Missing or invalid account number",
    ),
    ...faultIf(
      BillShipper !== undefined && isAccount(BillShipper.AccountNumber) &&
        BillShipper.AccountNumber !== shipper,
      "120415",
      "The account number must be the shipper number",
    ),
  ];
}
