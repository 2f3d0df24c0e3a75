/**
 * Jobs for storage tests.
 *
 * @module
 */
import type { NewJob } from "../../src/db/jobs.ts";

/** What a job is made of. */
export function jobOf(id: string, rowCount: number): NewJob {
  return {
    id,
    name: id,
    sourceServer: "library",
    sourceKind: "memory",
    sourceUri: "memory:orders",
    sourceFingerprint: "f",
    templateName: "t",
    templateText: "{}",
    templateSha256: "s",
    shipper: "{}",
    rowCount,
  };
}
