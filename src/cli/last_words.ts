/**
 * What servers said before they did not start: for the person at the terminal and nobody else. It may
 * hold secrets and personal data, so that it is no part of a problem.
 *
 * @module
 */
import type { Connection } from "../actors/mcp_connection.ts";
import type { OpenServers } from "../actors/runner.ts";
import { WaybillError } from "../errors.ts";
import { say } from "./output.ts";

/** The last words of a run's servers. */
export class LastWords {
  /** By the message of the error that they belong to. */
  readonly #said = new Map<string, string>();

  /**
   * Listens to servers that are being started.
   *
   * @param servers How they are opened.
   * @returns The same.
   */
  listenTo({ source, carrier }: OpenServers): OpenServers {
    return {
      source: (job, signal) => this.#hear(source(job, signal)),
      carrier: (job, signal) => this.#hear(carrier(job, signal)),
    };
  }

  /**
   * Tells the person what the server said that a problem is about.
   *
   * @param problem The problem.
   */
  tell({ message }: { readonly message: string }): void {
    // What was given up says what it was given up for.
    for (const [about, words] of this.#said) if (message.includes(about)) say(words);
  }

  async #hear<Opened extends Connection>(opening: Promise<Opened>): Promise<Opened> {
    try {
      return await opening;
    } catch (error) {
      const isTold = error instanceof WaybillError && error.forTerminal !== undefined;
      if (isTold) this.#said.set(error.message, error.forTerminal);
      throw error;
    }
  }
}
