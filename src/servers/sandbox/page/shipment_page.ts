/**
 * The page of one shipment: who, where, what it cost, and a picture of each label.
 *
 * @module
 */
import { html } from "hono/html";
import type { BookedShipment } from "../books.ts";
import { originOf } from "../lane.ts";
import { serviceName } from "../services.ts";
import type { Party, Shipment } from "../ship_request.ts";
import { moneyText, page, type Piece, stateBadge, timeText } from "./layout.ts";

/**
 * Makes the page of a shipment.
 *
 * @param booked The shipment in the books.
 * @param shipment The shipment as it was asked for.
 * @returns The page.
 *
 * @internal
 */
export function shipmentPage(booked: BookedShipment, shipment: Shipment): Promise<string> {
  const forms = shipment.ShipmentServiceOptions?.InternationalForms;
  return page(
    booked.shipmentId,
    html`
      <h1><span class="code">${booked.shipmentId}</span> ${stateBadge(booked)}</h1>
      <div class="parties">
        ${party("From", originOf(shipment))}
        ${party("To", shipment.ShipTo)}
        <dl class="facts">
          ${fact("Service", serviceName(booked.service))}
          ${fact("Bought", `${timeText(booked.at)} UTC`)}
          ${fact("Account", booked.account)}
          ${fact("References", booked.references.join(", ") || "none")}
          ${shipment.Description ? fact("Contents", shipment.Description) : ""}
          ${fact("List price", moneyText(booked.list))}
          ${fact("Negotiated price", moneyText(booked.negotiated))}
          ${forms
            ? fact("Customs", html`<a href="/forms/${booked.number}.pdf">Invoice (PDF)</a>`)
            : ""}
        </dl>
      </div>
      <div class="labels">
        ${booked.trackingNumbers.map((number, at) => label(booked, number, at))}
      </div>
    `,
  );
}

function fact(name: string, value: string | Piece): Piece {
  return html`
    <div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>
  `;
}

function party(name: string, who: Party | undefined): Piece {
  const { AddressLine = [], City, StateProvinceCode, PostalCode, CountryCode } = who?.Address ?? {};
  const lines = [
    who?.AttentionName === who?.Name ? undefined : who?.AttentionName,
    ...AddressLine,
    [City, StateProvinceCode, PostalCode].filter(Boolean).join(" "),
    CountryCode,
    who?.Phone?.Number,
  ].filter((line) => line !== undefined && line !== "");
  return html`
    <section>
      <h2>${name}</h2>
      <p><strong>${who?.Name ?? ""}</strong>${lines.map((line) => html`<br>${line ?? ""}`)}</p>
    </section>
  `;
}

function label(booked: BookedShipment, number: string, at: number): Piece {
  const { voidedNumbers, trackingNumbers } = booked;
  const isVoided = voidedNumbers.has(number);
  return html`
    <figure class="${isVoided ? "dead" : ""}">
      <img src="/labels/${booked.number}/${at + 1}.gif" width="400" height="600" loading="lazy"
        alt="Label of package ${at + 1}, ${number}">
      <figcaption>
        <span class="code">${number}</span>, package ${at + 1} of ${trackingNumbers.length}
        ${isVoided ? html`<span class="badge voided">voided</span>` : ""}
      </figcaption>
    </figure>
  `;
}
