/**
 * Asks a sandbox as any program would: plain HTTP, a token, JSON.
 *
 * @module
 */

/** What was answered. */
export interface UpsAnswer {
  status: number;
  // deno-lint-ignore no-explicit-any -- a test looks into whatever it is
  body: any;
}

/** A token that is good for a minute; the sandbox's tokens tell themselves when they end. */
export function goodToken(): string {
  return `Bearer sandbox.${Date.now() + 60_000}`;
}

/** Asks for something; a body makes it a POST. */
export async function ask(url: string, path: string, body?: unknown): Promise<UpsAnswer> {
  return await call(
    url,
    path,
    body === undefined ? {} : {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    },
  );
}

/** Asks for something in any way. */
export async function call(url: string, path: string, init: RequestInit): Promise<UpsAnswer> {
  const headers = new Headers({
    authorization: goodToken(),
    transId: "0123456789abcdef",
    transactionSrc: "test",
  });
  new Headers(init.headers).forEach((value, name) => headers.set(name, value));
  const response = await fetch(`${url}${path}`, { ...init, headers });
  return { status: response.status, body: await response.json() };
}

/** The codes in a refusal. */
export function codesIn({ body }: UpsAnswer): string[] {
  return (body.response?.errors ?? []).map(({ code }: { code: string }) => code);
}

/** Where things are asked for. */
export const paths = {
  ship: "/api/shipments/v2409/ship",
  recovery: "/api/labels/v1/recovery",
  voiding: "/api/shipments/v2409/void/cancel",
  rating: "/api/rating/v2409",
  validation: "/api/addressvalidation/v2",
  track: "/api/track/v1/details",
  trackReference: "/api/track/v1/reference/details",
} as const;
