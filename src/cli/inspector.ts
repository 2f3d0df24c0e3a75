/**
 * `run --inspect`: tells an inspector what the machines do, by the protocol of Stately's
 * (`@statelyai/inspect`), over a web socket. An inspector that is slow, broken or absent changes nothing.
 *
 * @module
 */
import type { RunnerOptions } from "../actors/runner.ts";

/** An inspector that is told. */
export interface Inspector extends AsyncDisposable {
  /** Takes what XState reports. */
  readonly inspect: NonNullable<RunnerOptions["inspect"]>;
}

/** How many events wait for the connection, and how many bytes for a slow reader. */
const mostWaiting = 10_000;
const mostBytes = 16 * 1024 * 1024;

/** How long the last events are waited for at the end, in milliseconds. */
const lastWordsMs = 1_000;

/** What holds people's data in contexts, inputs and outputs: it leaves this process nowhere. */
const personal: ReadonlySet<string> = new Set(["data", "request"]);

/**
 * Connects to an inspector.
 *
 * @param url Where it listens: `ws://…` or `wss://…`.
 * @param say Tells a person, once, that nobody is there.
 * @returns The inspector; dispose of it when the run has ended.
 *
 * @internal
 */
export async function openInspector(
  url: string,
  say: (message: string) => void,
): Promise<Inspector> {
  const { createInspector } = await import("@statelyai/inspect");
  const waiting: string[] = [];
  const socket = new WebSocket(url);
  const opened = new Promise<boolean>((resolve) => {
    socket.onopen = () => {
      for (const text of waiting.splice(0)) socket.send(text);
      resolve(true);
    };
    socket.onerror = () => {
      if (socket.readyState !== WebSocket.OPEN) say(`No inspector answers at ${url}`);
      resolve(false);
    };
  });
  const send = (event: unknown) => {
    const text = JSON.stringify(event, hidden);
    if (socket.readyState === WebSocket.OPEN) {
      if (socket.bufferedAmount < mostBytes) socket.send(text);
    } else if (socket.readyState === WebSocket.CONNECTING && waiting.length < mostWaiting) {
      waiting.push(text);
    }
  };
  const { inspect } = createInspector({ send });
  return {
    inspect: (event) => inspect.next?.(event),
    async [Symbol.asyncDispose]() {
      // It converts each event in a turn of its own.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const late = AbortSignal.timeout(lastWordsMs);
      const isThere = await Promise.race([
        opened,
        new Promise<boolean>((resolve) => late.addEventListener("abort", () => resolve(false))),
      ]);
      if (!isThere) return socket.close();
      const closed = new Promise<void>((resolve) => {
        socket.onclose = () => resolve();
        late.addEventListener("abort", () => resolve());
      });
      socket.close();
      await closed;
    },
  };
}

function hidden(key: string, value: unknown): unknown {
  return personal.has(key) && typeof value === "object" && value !== null ? "(hidden)" : value;
}
