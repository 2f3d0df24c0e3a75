/**
 * How long anybody waits for a server, and the order that these times must have.
 *
 * | who waits | for what | variable | default |
 * |---|---|---|---|
 * | the UPS server | UPS's answer to one request | `UPS_TIMEOUT_MS` | 45000 |
 * | the UPS server | all that one tool asks of UPS | `UPS_TOOL_TIMEOUT_MS` | 60000 |
 * | the engine | a tool's answer | `WAYBILL_CALL_TIMEOUT_MS` | 75000 |
 * | the engine | to believe "not found" of a purchase | `WAYBILL_QUIET_MS` | 120000 |
 * | the engine | a server's start | `WAYBILL_CONNECT_TIMEOUT_MS` | 20000 |
 *
 * Each is longer than the one before, so that whoever knows more is heard before the next one gives up:
 * UPS's answer before its server stops waiting, the server's "I cannot tell" before the engine takes it
 * for hung and ends it, and any purchase that may be on its way before a second one is thought of
 * (ups.md, section 4).
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type ConnectionTimeouts, defaultTimeouts } from "./mcp_connection.ts";

/** What the UPS server adds to one request's time for a tool's, where nothing is said. */
const toolMarginMs = 15_000;

/**
 * The engine's time limits.
 *
 * @param get Looks up a name in the environment.
 * @param base Those that count where it says nothing.
 * @returns The limits, in milliseconds.
 * @throws {UsageError} If a value is no time, or the order is not kept.
 */
export function timeLimitsFrom(
  get: (name: string) => string | undefined,
  base: ConnectionTimeouts = defaultTimeouts,
): ConnectionTimeouts {
  const time = (name: string, fallback: number) => {
    const text = get(name);
    if (text === undefined || text === "") return fallback;
    const value = Number(text);
    if (Number.isFinite(value) && value > 0) return value;
    throw new UsageError(`Cannot use ${name}: "${text}" is no time`, "Set it to milliseconds");
  };
  const connectMs = time("WAYBILL_CONNECT_TIMEOUT_MS", base.connectMs);
  const requestMs = time("UPS_TIMEOUT_MS", 0);
  const longestTool = time("UPS_TOOL_TIMEOUT_MS", requestMs === 0 ? 0 : requestMs + toolMarginMs);
  const callMs = time("WAYBILL_CALL_TIMEOUT_MS", Math.max(base.callMs, longestTool + toolMarginMs));
  inOrder("UPS_TIMEOUT_MS", requestMs, "WAYBILL_CALL_TIMEOUT_MS", callMs);
  const toolMs = time("UPS_TOOL_TIMEOUT_MS", requestMs === 0 ? 0 : toolLimitMs(requestMs, callMs));
  inOrder("UPS_TIMEOUT_MS", requestMs, "UPS_TOOL_TIMEOUT_MS", toolMs);
  inOrder("UPS_TOOL_TIMEOUT_MS", toolMs, "WAYBILL_CALL_TIMEOUT_MS", callMs);
  // A short quiet period alone is the word of somebody who knows the carrier, as with the sandbox.
  if (get("WAYBILL_CALL_TIMEOUT_MS") && get("WAYBILL_QUIET_MS")) {
    inOrder("WAYBILL_CALL_TIMEOUT_MS", callMs, "WAYBILL_QUIET_MS", time("WAYBILL_QUIET_MS", 0));
  }
  return { connectMs, callMs };
}

/**
 * A tool's limit where nothing is said of it: between a request's and a call's.
 *
 * @param requestMs How long one request may take, in milliseconds.
 * @param callMs How long the call may take, in milliseconds.
 * @returns Milliseconds.
 */
export function toolLimitMs(requestMs: number, callMs: number): number {
  return Math.min(requestMs + toolMarginMs, Math.floor((requestMs + callMs) / 2));
}

/** Refuses two times in the wrong order. A time of 0 is not set. */
function inOrder(
  shorter: string,
  shorterMs: number,
  longer: string,
  longerMs: number,
): void {
  if (shorterMs < longerMs || shorterMs === 0) return;
  throw new UsageError(
    `Cannot use ${longer}=${longerMs}: it is not above ${shorter}=${shorterMs}`,
    `Whoever knows more must be heard first: set ${longer} above ${shorter}`,
  );
}
