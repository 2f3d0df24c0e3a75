/**
 * The sandbox's pages for people: the shipments, one shipment, the pictures of its labels. They work
 * without scripts and without a network, and everything in them is escaped.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Answer, Asked } from "../answer.ts";
import type { BookedShipment } from "../books.ts";
import { customsForm } from "../labels/customs_form.ts";
import { labelFile } from "../labels/labels.ts";
import { labelOf } from "../labels/shipment_label.ts";
import { boughtAs } from "../recovery_answer.ts";
import type { Sandbox } from "../sandbox.ts";
import { page } from "./layout.ts";
import { listPage } from "./list_page.ts";
import { shipmentPage } from "./shipment_page.ts";
import { style } from "./style.ts";

/** Nothing but our own style and pictures, no scripts at all, and no frame around us. */
const headers = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
    "base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/**
 * Answers a request for a page.
 *
 * | path | what it shows |
 * |---|---|
 * | `/?q=&page=` | the shipments, those with the words only, a page of them |
 * | `/shipments/3` | the third shipment that was bought |
 * | `/labels/3/1.gif` | the label of its first package |
 * | `/forms/3.pdf` | its customs forms |
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @returns The answer.
 */
export async function answerPage(asked: Asked, sandbox: Sandbox): Promise<Answer> {
  const { path, query } = asked;
  const books = sandbox.ledger.read();
  if (path === "/") return html(200, await listPage(books, query));
  if (path === "/style.css") return file("text/css; charset=utf-8", Buffer.from(style));
  const [, kind, number, parcel = ""] =
    /^\/(shipments|labels|forms)\/(\d{1,9})(?:\/(\d{1,3}))?(?:\.gif|\.pdf)?$/.exec(path) ?? [];
  const shipment = books.shipments[Number(number) - 1];
  const answer = shipment && await answerAbout(shipment, { kind, parcel: Number(parcel), sandbox });
  if (answer) return answer;
  return html(404, await page("Not there", "There is no such page in this sandbox."));
}

async function answerAbout(
  shipment: BookedShipment,
  { kind, parcel, sandbox }: { kind: string | undefined; parcel: number; sandbox: Sandbox },
): Promise<Answer | undefined> {
  const bought = boughtAs(sandbox.ledger, shipment);
  switch (kind) {
    case "shipments":
      return html(200, await shipmentPage(shipment, bought.shipment));
    case "labels": {
      if (shipment.trackingNumbers[parcel - 1] === undefined) return undefined;
      const label = labelOf(bought.shipment, bought.entry, parcel - 1);
      return file("image/gif", await labelFile(label, "UPRIGHT-GIF"));
    }
    case "forms": {
      const form = await customsForm(bought.shipment, bought.entry);
      return form && file("application/pdf", Buffer.from(form.Image.GraphicImage, "base64"));
    }
    default:
      return undefined;
  }
}

function html(status: number, body: string): Answer {
  return { kind: "answer", status, type: "text/html; charset=utf-8", body, headers };
}

function file(type: string, body: Uint8Array): Answer {
  return { kind: "answer", status: 200, type, body, headers };
}
