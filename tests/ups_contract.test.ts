/** UPS's own documents as the judge of bodies that are known to be right, and of wrong ones. */
import { expect, it } from "vitest";
import { describeWithDocuments } from "./helpers/ups_documents.ts";

describeWithDocuments("UPS's documents", (documents) => {
  it("find a field that is missing, unknown or too long", () => {
    const faults = documents().validator("Shipping", "LABELRECOVERYRequestWrapper");
    const request = (change: Record<string, unknown>) => ({
      LabelRecoveryRequest: { Request: {}, TrackingNumber: "1Z14A6G90303889622", ...change },
    });
    expect(faults(request({}))).toEqual([]);
    expect(faults({})).toEqual(["/ must have required property 'LabelRecoveryRequest'"]);
    expect(faults(request({ TrackingNumbr: "1Z" }))).toEqual([
      "/LabelRecoveryRequest must NOT have additional properties: TrackingNumbr",
    ]);
    expect(faults(request({ TrackingNumber: "x".repeat(19) }))).toEqual([
      "/LabelRecoveryRequest/TrackingNumber must NOT have more than 18 characters",
    ]);
  });
});
