/**
 * How long a service takes. Working days only; the sandbox knows no holidays.
 *
 * @module
 */
import { serviceOf } from "./services.ts";

const dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;
const pickupTime = "170000";

/**
 * What a service guarantees.
 *
 * @param code The service.
 * @returns The days it takes and by when it arrives, as UPS tells it; nothing if it guarantees nothing.
 */
export function guaranteedDelivery(code: string): {
  GuaranteedDelivery?: { BusinessDaysInTransit: string; DeliveryByTime: string };
} {
  const service = serviceOf(code);
  if (service?.by === undefined) return {};
  const hours = Number(service.by.slice(0, 2));
  const half = hours < 12 ? "A.M." : "P.M.";
  const DeliveryByTime = `${hours % 12 || 12}:${service.by.slice(2, 4)} ${half}`;
  return {
    GuaranteedDelivery: { BusinessDaysInTransit: String(service.days), DeliveryByTime },
  };
}

/**
 * When a shipment would arrive, as UPS tells it.
 *
 * @param code The service.
 * @param now When it is asked.
 * @returns The answer's part.
 */
export function timeInTransit(code: string, now: Date): Record<string, unknown> {
  const service = serviceOf(code);
  const days = service?.days ?? 0;
  const pickup = workingDay(now, 0);
  const arrival = workingDay(pickup, days);
  const calendarDays = Math.round((arrival.valueOf() - pickup.valueOf()) / 86_400_000);
  return {
    PickupDate: dateOf(pickup),
    PackageBillType: "03",
    ServiceSummary: {
      Service: { Description: service?.name ?? code },
      ...(service?.by === undefined ? {} : { GuaranteedIndicator: "1" }),
      EstimatedArrival: {
        Arrival: { Date: dateOf(arrival), Time: service?.by ?? "233000" },
        BusinessDaysInTransit: String(days),
        Pickup: { Date: dateOf(pickup), Time: pickupTime },
        DayOfWeek: dayNames[arrival.getUTCDay()] ?? "",
        TotalTransitDays: String(calendarDays),
      },
    },
  };
}

/** The day so many working days later, today if it is one. */
function workingDay(from: Date, days: number): Date {
  const date = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate()));
  for (let left = days;; date.setUTCDate(date.getUTCDate() + 1)) {
    const isWorkingDay = date.getUTCDay() !== 0 && date.getUTCDay() !== 6;
    if (isWorkingDay && left-- === 0) return date;
  }
}

function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll("-", "");
}
