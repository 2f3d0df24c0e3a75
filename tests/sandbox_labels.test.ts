/** The sandbox's labels as a scanner reads them, and the papers beside them. */
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxicode } from "../src/servers/sandbox/labels/barcodes.ts";
import { projectFolder } from "./helpers/cli.ts";
import { temporaryFolder } from "./helpers/folders.ts";
import { soldIn } from "./helpers/ledger.ts";
import { startSandbox, type TestSandbox } from "./helpers/servers.ts";
import { ask, paths } from "./helpers/ups_calls.ts";
import { domestic, international, recovery } from "./helpers/ups_requests.ts";

let folder: ReturnType<typeof temporaryFolder>;
let sandbox: TestSandbox;

beforeAll(async () => {
  folder = temporaryFolder();
  sandbox = await startSandbox(folder.path);
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Buys, and gives what came: the shipment's results. */
async function bought(request: unknown) {
  const { status, body } = await ask(sandbox.url, paths.ship, request);
  expect([status, body.response]).toEqual([200, undefined]);
  return body.ShipmentResponse.ShipmentResults;
}

/** What a scanner reads in a GIF, or in a part of it: left, top, right, bottom. */
async function scan(gif: Uint8Array, ...part: number[]): Promise<[format: string, text: string][]> {
  const path = `${folder.path}/label.gif`;
  await Deno.writeFile(path, gif);
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--cached-only", `--config=${projectFolder}/deno.json`],
      ...[`--allow-read=${folder.path}`, `${projectFolder}/tests/fixtures/read_barcodes.ts`, path],
      ...part.map(String),
    ],
  }).output();
  expect(success).toBe(true);
  const found: { format: string; text: string }[] = JSON.parse(new TextDecoder().decode(stdout));
  return found.map(({ format, text }) => [format, text]);
}

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}

describe("a label", () => {
  it("as a GIF lies on its side as UPS's do, and a scanner reads number and ZIP code", async () => {
    const { PackageResults } = await bought(domestic({ format: "GIF", weights: ["1", "2"] }));
    const [, { TrackingNumber, ShippingLabel }] = PackageResults;
    const gif = bytesOf(ShippingLabel.GraphicImage);
    expect(Buffer.from(gif.subarray(0, 6)).toString()).toBe("GIF89a");
    expect([gif[6], gif[7], gif[8], gif[9]]).toEqual([1400 & 255, 1400 >> 8, 800 & 255, 800 >> 8]);
    expect(await scan(gif)).toEqual([["Code128", "42030005"], ["Code128", TrackingNumber]]);
  });

  it("has a MaxiCode with the route, also where the address is long and strange", async () => {
    const line = "ÄÖÜ ^~&<>\"' 12345 Ünter den Línden";
    const { ShipmentIdentificationNumber } = await bought(international({
      to: {
        Name: "W".repeat(35),
        AttentionName: "\u0007<b>\u{1f4e6} 東京".padEnd(30, "x"),
        Phone: { Number: "498912345678" },
        Address: {
          AddressLine: [line, line, line],
          City: "Llanfairpwllgwyngyllgogerychwy",
          PostalCode: "SW1A 1AA",
          CountryCode: "GB",
        },
      },
      shipment: { Description: "&".repeat(50) },
    }));
    const at = soldIn(folder.path).length;
    const picture = await fetch(`${sandbox.url}/labels/${at}/1.gif`);
    const gif = new Uint8Array(await picture.arrayBuffer());
    const [[format, text] = []] = await scan(gif, 10, 475, 262, 710);
    const [, , postal, country, service, number] = (text ?? "").split(/[␝␞]/);
    expect([format, postal?.trim(), country, service, number]).toEqual([
      "MaxiCode",
      "96SW1A1A",
      "826",
      "065",
      ShipmentIdentificationNumber,
    ]);
  });

  it("has a MaxiCode also where the number is UPS's test system's, which packs badly", () => {
    const [street, city, state] = ["88 MAGAZINE ST", "CAMBRIDGE", "MA"];
    const about = { postalCode: "021390000", country: "840", serviceClass: "003" };
    const shape = (number: string, account: string) =>
      maxicode({
        ...about,
        fields: [number, "UPSN", account, "330", "", "10/10", "150", "N", street, city, state],
      });
    expect(shape("1ZXXXXXXXXXXXXXXXX", "ABCDEF").path).not.toBe(
      shape("1ZA1B2C30300000012", "A1B2C3").path,
    );
  });

  it("is recovered as a PDF of four by six inches, one for each package", async () => {
    const { ShipmentIdentificationNumber } = await bought(domestic({ weights: ["1", "2"] }));
    const { body } = await ask(
      sandbox.url,
      paths.recovery,
      recovery({ TrackingNumber: ShipmentIdentificationNumber }, "PDF"),
    );
    const images = body.LabelRecoveryResponse.LabelResults.map(
      ({ LabelImage }: { LabelImage: { GraphicImage: string } }) =>
        Buffer.from(LabelImage.GraphicImage, "base64").toString("latin1"),
    );
    expect(images).toHaveLength(2);
    for (const pdf of images) {
      expect(pdf.startsWith("%PDF-")).toBe(true);
      expect(pdf).toContain("/MediaBox [0 0 288 432]");
    }
  });

  it("as EPL is one label, whose text cannot give commands", async () => {
    const to = {
      Name: 'Zoë "Q"\\ N',
      Address: {
        AddressLine: ["1 Main St"],
        City: "Austin",
        StateProvinceCode: "TX",
        PostalCode: "78701",
        CountryCode: "US",
      },
    };
    const { PackageResults: [{ TrackingNumber, ShippingLabel }] } = await bought(
      domestic({ format: "EPL", to }),
    );
    const lines = Buffer.from(ShippingLabel.GraphicImage, "base64").toString().split("\n");
    expect(lines).toContain(`B96,858,0,1,3,6,176,N,"${TrackingNumber}"`);
    expect(lines.some((line) => line.endsWith(String.raw`N,"Zoe \"Q\"\\ N"`))).toBe(true);
    expect(lines.filter((line) => line === "P1")).toHaveLength(1);
  });
});

describe("a shipment abroad", () => {
  it("comes with an invoice, when it is bought and when its label is recovered", async () => {
    const { Form, ShipmentIdentificationNumber } = await bought(international());
    const pdf = bytesOf(Form.Image.GraphicImage);
    expect(Buffer.from(pdf).toString("latin1")).toMatch(/^%PDF-.*INV-1001/su);
    const { body } = await ask(
      sandbox.url,
      paths.recovery,
      recovery({ TrackingNumber: ShipmentIdentificationNumber }, "ZPL"),
    );
    expect(body.LabelRecoveryResponse.Form.Image.ImageFormat.Code).toBe("PDF");
  });
});
