/**
 * What every page of the sandbox has.
 *
 * @module
 */
import { html } from "hono/html";

/** @internal A piece of a page: what is put into it was escaped. */
export type Piece = ReturnType<typeof html>;

/**
 * Makes a page.
 *
 * @param title Its title.
 * @param content What is on it; a text is escaped.
 * @returns The page.
 *
 * @internal
 */
export async function page(title: string, content: Piece | string): Promise<string> {
  const whole = await html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title} · UPS sandbox</title>
        <link rel="stylesheet" href="/style.css">
      </head>
      <body>
        <header>
          <a class="home" href="/">UPS sandbox</a>
          <span class="note">Nothing here was billed, and no parcel moves.</span>
        </header>
        <main>${content}</main>
      </body>
    </html>
  `;
  return String(whole);
}

/**
 * A time as people read it.
 *
 * @param at Such as `2026-11-26T08:15:19.123Z`.
 * @returns Such as `2026-11-26 08:15`; always UTC.
 */
export function timeText(at: string): string {
  return at.slice(0, 16).replace("T", " ");
}

/**
 * An amount as people read it.
 *
 * @param amount Such as `1234.50`.
 * @returns Such as `$1,234.50`.
 */
export function moneyText(amount: string): string {
  const [whole = "", cents = "00"] = amount.split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

/**
 * The state of a shipment as a badge.
 *
 * @param shipment How much of it is voided.
 * @returns The badge.
 *
 * @internal
 */
export function stateBadge(
  { isVoided, voidedNumbers }: { isVoided: boolean; voidedNumbers: ReadonlySet<string> },
): Piece {
  if (isVoided) return html`<span class="badge voided">voided</span>`;
  if (voidedNumbers.size > 0) return html`<span class="badge partly">partly voided</span>`;
  return html`<span class="badge live">live</span>`;
}
