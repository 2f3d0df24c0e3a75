/**
 * The list of shipments, newest first.
 *
 * @module
 */
import { html } from "hono/html";
import type { BookedShipment, Books } from "../books.ts";
import { decimal } from "../prices.ts";
import { serviceName } from "../services.ts";
import { moneyText, page, type Piece, stateBadge, timeText } from "./layout.ts";

const pageLength = 50;

/**
 * Makes the list.
 *
 * @param books The books.
 * @param query `q`, the words to search for; `page`, which page of the list, the first is 1.
 * @returns The page.
 */
export function listPage(books: Books, query: URLSearchParams): Promise<string> {
  const words = (query.get("q") ?? "").trim();
  const found = search(books.shipments, words).toReversed();
  const pages = Math.max(1, Math.ceil(found.length / pageLength));
  const asked = Number(query.get("page") ?? 1);
  const current = Number.isInteger(asked) ? Math.min(Math.max(asked, 1), pages) : 1;
  const shown = found.slice((current - 1) * pageLength, current * pageLength);
  return page(
    "Shipments",
    html`
      <form class="search" method="get" action="/" role="search">
        <label for="q">Search</label>
        <input id="q" name="q" type="search" value="${words}"
          placeholder="name, place, reference, tracking number">
        <button>Search</button>
        ${words === "" ? "" : html`<a href="/">Show all</a>`}
      </form>
      ${totals(found)}
      ${shown.length === 0 ? emptyNote(words) : table(shown)}
      ${pages > 1 ? pager(words, current, pages) : ""}
    `,
  );
}

/** The shipments that have every word somewhere. */
function search(shipments: readonly BookedShipment[], words: string): readonly BookedShipment[] {
  const wanted = plain(words).split(/\s+/).filter((word) => word !== "");
  if (wanted.length === 0) return shipments;
  return shipments.filter((shipment) => {
    const { from, to } = shipment.journey;
    const text = plain([
      ...[from.name, from.place, to.name, to.place, shipment.account],
      ...[serviceName(shipment.service), ...shipment.references, ...shipment.trackingNumbers],
    ].join(" "));
    return wanted.every((word) => text.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function totals(shipments: readonly BookedShipment[]): Piece {
  const live = shipments.filter(({ isVoided }) => !isVoided);
  const labels = live.reduce(
    (sum, { trackingNumbers, voidedNumbers }) => sum + trackingNumbers.length - voidedNumbers.size,
    0,
  );
  const sum = (of: (shipment: BookedShipment) => string) =>
    moneyText(decimal(live.reduce((cents, shipment) => cents + centsOf(of(shipment)), 0)));
  return html`
    <dl class="totals">
      <div>
        <dt>Shipments</dt>
        <dd>${shipments.length}</dd>
      </div>
      <div>
        <dt>Voided</dt>
        <dd>${shipments.length - live.length}</dd>
      </div>
      <div>
        <dt>Live labels</dt>
        <dd>${labels}</dd>
      </div>
      <div>
        <dt>List price, live</dt>
        <dd>${sum(({ list }) => list)}</dd>
      </div>
      <div>
        <dt>Negotiated, live</dt>
        <dd>${sum(({ negotiated }) => negotiated)}</dd>
      </div>
    </dl>
  `;
}

function centsOf(amount: string): number {
  return Number(amount.replace(".", "")) || 0;
}

function emptyNote(words: string): Piece {
  return words === ""
    ? html`<p class="empty">Nothing was bought here yet. <code>deno task run demo</code> ships sample
        orders.</p>`
    : html`<p class="empty">No shipment has all of these words.</p>`;
}

function table(shipments: readonly BookedShipment[]): Piece {
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>Bought (UTC)</th>
            <th>Tracking number</th>
            <th>References</th>
            <th>From → to</th>
            <th>Service</th>
            <th class="number">List</th>
            <th class="number">Negotiated</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>${shipments.map(row)}</tbody>
      </table>
    </div>
  `;
}

function row(shipment: BookedShipment): Piece {
  const { number, shipmentId, trackingNumbers, journey: { from, to } } = shipment;
  const others = trackingNumbers.length - 1;
  return html`
    <tr>
      <td class="time">${timeText(shipment.at)}</td>
      <td>
        <a class="code" href="/shipments/${number}">${shipmentId}</a>
        ${others > 0 ? html`<span class="more">+ ${others} more</span>` : ""}
      </td>
      <td>${shipment.references.map((each) => html`<div class="code">${each}</div>`)}</td>
      <td class="journey">
        <div><span class="quiet">${from.name}, ${from.place} →</span></div>
        <div><strong>${to.name}</strong>, ${to.place}</div>
      </td>
      <td class="service">
        ${serviceName(shipment.service)}
        <span class="more">account <span class="code">${shipment.account}</span></span>
      </td>
      <td class="number">${moneyText(shipment.list)}</td>
      <td class="number">${moneyText(shipment.negotiated)}</td>
      <td>${stateBadge(shipment)}</td>
    </tr>
  `;
}

function pager(words: string, current: number, pages: number): Piece {
  const link = (to: number, name: string) => {
    const query = new URLSearchParams({ ...(words ? { q: words } : {}), page: String(to) });
    return to < 1 || to > pages
      ? html`<span class="quiet">${name}</span>`
      : html`<a href="/?${query.toString()}">${name}</a>`;
  };
  return html`
    <nav class="pager" aria-label="Pages">
      ${link(current > 1 ? 1 : 0, "First")} ${link(current - 1, "Newer")}
      <span>Page ${current} of ${pages}</span>
      ${link(current + 1, "Older")} ${link(current < pages ? pages : 0, "Last")}
    </nav>
  `;
}
