/**
 * Buys a shipment: token, one POST, labels on the disk, and only then the answer.
 *
 * @module
 */
import type { ShippingAnswer, ShippingCreate } from "../../contracts/carrier.ts";
import { ensureError } from "../../errors.ts";
import { saveLabels } from "./label_files.ts";
import { TokenError, type TokenSource } from "./oauth.ts";
import type { Settings } from "./settings.ts";
import { readShipAnswer, uncertain } from "./ship_answer.ts";
import { beyondLimits } from "./ship_limits.ts";
import { shipPayload } from "./ship_payload.ts";
import { postShip } from "./ship_post.ts";

/**
 * Buys a shipment.
 *
 * @param request The shipment and its key.
 * @param settings Where, and who pays.
 * @param tokens Gives the token.
 * @returns What became of it; never throws once something was sent.
 *
 * @internal
 */
export async function createShipment(
  request: ShippingCreate,
  settings: Settings,
  tokens: TokenSource,
): Promise<ShippingAnswer> {
  const issues = beyondLimits(request);
  if (issues.length > 0) {
    return { outcome: "rejected", errors: issues.map((message) => ({ code: "E-2001", message })) };
  }
  const payload = shipPayload(request, request.account_number ?? settings.account);
  let token: string;
  try {
    // First, so that a failure here is known to have bought nothing.
    token = await tokens.get();
  } catch (error) {
    const faults = error instanceof TokenError
      ? [...error.faults]
      : [{ code: "E-9001", message: ensureError(error).message }];
    return { outcome: "not_sent", errors: faults };
  }
  const sent = await postShip(settings.url, token, payload);
  if (sent.kind === "not_sent") {
    return { outcome: "not_sent", errors: [{ code: "E-3001", message: sent.why }] };
  }
  if (sent.kind === "no_answer") return uncertain(undefined, sent.why);
  if (sent.http.status === 401) tokens.forget(token);
  const { idempotency_key: key, packages } = request;
  const { answer, labels } = readShipAnswer(sent.http, { key, packages: packages.length });
  if (answer.outcome !== "bought") return answer;
  const saved = saveLabels(settings.labelsFolder, key, labels);
  const alerts = [...(answer.alerts ?? []), ...saved.alerts];
  return { ...answer, labels: saved.labels, ...(alerts.length > 0 ? { alerts } : {}) };
}
