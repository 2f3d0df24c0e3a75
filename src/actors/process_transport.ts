/**
 * An MCP transport over a program's standard input and output. The SDK's own cannot end a program that
 * does not want to end, nor what it has started (seen with 2.4.0 on Deno 2.9.6).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import {
  type JSONRPCMessage,
  ReadBuffer,
  serializeMessage,
  type Transport,
} from "@modelcontextprotocol/client";
import { ensureError } from "../errors.ts";
import { endGroup, type Program, spawnGroup } from "./process_group.ts";

/**
 * Speaks to a program.
 *
 * @internal
 */
export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #program: Program;
  readonly #onWords: (words: string) => void;
  readonly #buffer = new ReadBuffer();
  #child: ChildProcessWithoutNullStreams | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Makes it; `start` starts the program.
   *
   * @param program The program.
   * @param onWords Takes what it writes to its standard error.
   */
  constructor(program: Program, onWords: (words: string) => void) {
    this.#program = program;
    this.#onWords = onWords;
  }

  /** Starts the program. */
  async start(): Promise<void> {
    const child = spawnGroup(this.#program);
    this.#child = child;
    child.on("close", () => {
      this.#child = undefined;
      this.onclose?.();
    });
    child.stdin.on("error", (error) => this.onerror?.(error));
    child.stdout.on("error", (error) => this.onerror?.(error));
    child.stdout.on("data", (chunk: Uint8Array) => this.#take(chunk));
    // Read in any case: an unread pipe would stop a server that talks much.
    child.stderr.on("data", (chunk: unknown) => this.#onWords(String(chunk)));
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => {
        reject(error);
        this.onerror?.(error);
      });
    });
  }

  /**
   * Sends a message.
   *
   * @param message The message.
   * @returns Resolves when it is on its way.
   */
  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw new Error("Not connected");
    if (stdin.write(serializeMessage(message))) return;
    await new Promise<void>((resolve) => {
      stdin.once("drain", resolve);
      stdin.once("close", resolve);
    });
  }

  /**
   * Ends the program, and what it has started.
   *
   * @returns Resolves when it has ended.
   */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return await this.#closing;
    this.#child = undefined;
    this.#closing = endGroup(child);
    await this.#closing;
    this.#buffer.clear();
  }

  #take(chunk: Uint8Array): void {
    try {
      // Of a line without an end ten megabytes are kept, and no more.
      this.#buffer.append(Buffer.from(chunk));
    } catch (error) {
      this.onerror?.(ensureError(error));
      this.close().catch(() => {});
      return;
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        // A line that is no message: the next one may be.
        this.onerror?.(ensureError(error));
      }
    }
  }
}
