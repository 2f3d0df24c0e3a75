/**
 * How code in the template worker says that a template or a row failed.
 *
 * @module
 */
import type { Fault } from "./protocol.ts";

/** Thrown while a template is parsed or rendered. */
export class TemplateFault extends Error {
  /** What goes to the main side. */
  readonly fault: Fault;

  /**
   * Makes the error.
   *
   * @param fault What went wrong and where.
   */
  constructor(fault: Fault) {
    super("problem" in fault ? fault.problem : fault.kind);
    this.name = new.target.name;
    this.fault = fault;
  }
}

/** More than any shipment holds. */
const longest = 100_000;

/**
 * Keeps what a template makes small: a list doubled thirty times would fill the memory.
 *
 * @param made What a function or a filter made.
 * @param line The template's line.
 * @throws {TemplateFault} If it is a text or a list of great length.
 */
export function refuseHuge(made: unknown, line: number): void {
  if ((typeof made === "string" || Array.isArray(made)) && made.length > longest) {
    throw templateFault(`this makes a text or list longer than ${longest}`, line);
  }
}

/**
 * A fault of the template itself.
 *
 * @param problem What is wrong: goes on after "Cannot render row 7: ".
 * @param line The template's line, from 1.
 * @param remedy What to do about it.
 * @returns The error to throw.
 */
export function templateFault(problem: string, line?: number, remedy?: string): TemplateFault {
  return new TemplateFault({ kind: "template", problem, line, remedy });
}
