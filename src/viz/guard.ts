/**
 * Who may ask the visualiser for anything: a page of its own, on this machine, with the token of its link.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";

/** What every answer says: nothing from elsewhere, nothing in a frame, nothing kept, nothing told. */
export const safeHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/**
 * A token that cannot be guessed.
 *
 * @returns 256 random bits, for a link.
 */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * What is wrong with a request.
 *
 * @param request It.
 * @param port The port that we listen at: another name for this machine in `Host` is a page of somebody
 * else's that had its own name point here.
 * @param token The token.
 * @returns The status to answer with, or the path below the token.
 */
export function admit(request: Request, port: number, token: string): number | string {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = request.headers.get("host") ?? "";
  if (!hosts.includes(host)) return 421;
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) return 403;
  const site = request.headers.get("sec-fetch-site");
  // "none": a person typed the link, or followed it from a program that is no browser.
  if (site !== null && site !== "same-origin" && site !== "none") return 403;
  const [, given = "", path] = /^\/([^/]*)\/(.*)$/s.exec(new URL(request.url).pathname) ?? [];
  if (path === undefined || !isSame(given, token)) return 404;
  return path;
}

/** In the same time whatever is wrong with it. */
function isSame(given: string, token: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}
