/**
 * Requests to UPS as its documents want them, made by hand: what our own client sends is another
 * matter. Each function gives a fresh one, so that a test may change it.
 *
 * @module
 */

/** A part of a request. */
export type Part = { [name: string]: Part | Part[] | string | string[] };

/** What a test may say about a shipment. */
export interface Wish {
  reference?: string;
  order?: string;
  service?: string;
  format?: string;
  /** Pounds, one for each package. */
  weights?: readonly string[];
  to?: Part;
  /** More of the shipment, or something else of it. */
  shipment?: Part;
}

const sender: Part = {
  Name: "Acme Inc",
  AttentionName: "Shipping",
  Phone: { Number: "4105551234" },
  Address: {
    AddressLine: ["2311 York Rd"],
    City: "Timonium",
    StateProvinceCode: "MD",
    PostalCode: "21093",
    CountryCode: "US",
  },
};

const home: Part = {
  Name: "Zoë O'Brien",
  AttentionName: "Zoë O'Brien",
  Phone: { Number: "7705551234" },
  Address: {
    AddressLine: ["123 Main St"],
    City: "Alpharetta",
    StateProvinceCode: "GA",
    PostalCode: "300051234",
    CountryCode: "US",
    ResidentialAddressIndicator: "",
  },
};

/** A receiver in Germany. */
export const abroad: Part = {
  Name: "Muster GmbH",
  AttentionName: "Erika Muster",
  Phone: { Number: "498912345678" },
  Address: {
    AddressLine: ["Marienplatz 1"],
    City: "Muenchen",
    PostalCode: "80331",
    CountryCode: "DE",
  },
};

/** A receiver in Canada. */
export const inCanada: Part = {
  Name: "Maple Ltd",
  AttentionName: "Marie Tremblay",
  Phone: { Number: "6135551234" },
  Address: {
    AddressLine: ["1 Rideau St"],
    City: "Ottawa",
    StateProvinceCode: "ON",
    PostalCode: "K1N8S7",
    CountryCode: "CA",
  },
};

/** What customs want to know. */
export function forms(soldTo: Part = abroad): Part {
  return {
    FormType: ["01"],
    InvoiceNumber: "INV-1001",
    InvoiceDate: "20261123",
    ReasonForExport: "SALE",
    CurrencyCode: "USD",
    TermsOfShipment: "DAP",
    Contacts: { SoldTo: soldTo },
    Product: [{
      Description: ["Cotton shirt"],
      Unit: { Number: "2", UnitOfMeasurement: { Code: "PCS" }, Value: "15.00" },
      CommodityCode: "610910",
      OriginCountryCode: "US",
    }],
  };
}

/** A ship request inside of the United States. */
export function domestic(wish: Wish = {}): Part {
  return shipRequest(wish, home, "package");
}

/** A ship request to another country, Germany unless it says else. */
export function international(wish: Wish = {}): Part {
  const to = wish.to ?? abroad;
  const shipment = {
    Description: "Clothes",
    ShipmentServiceOptions: { InternationalForms: forms(to) },
    ...wish.shipment,
  };
  return shipRequest({ service: "65", ...wish, shipment }, to, "shipment");
}

/** A request for a rate of what a ship request asks for. */
export function rateOf({ ShipmentRequest }: Part): Part {
  const { Shipment } = asPart(ShipmentRequest);
  const { Package, PaymentInformation, ReferenceNumber, Service, ...rest } = asPart(Shipment);
  void ReferenceNumber;
  return {
    RateRequest: {
      Request: { SubVersion: "2409", TransactionReference: { CustomerContext: "a rate" } },
      Shipment: {
        ...Object.fromEntries(
          Object.entries(rest).filter(([name]) =>
            ["Shipper", "ShipTo", "ShipmentRatingOptions"].includes(name)
          ).map(([name, value]) => [name, withoutContact(asPart(value))]),
        ),
        PaymentDetails: PaymentInformation ?? {},
        Service: Service ?? {},
        Package: asParts(Package).map(({ Packaging, Dimensions, PackageWeight }) => ({
          PackagingType: Packaging ?? {},
          ...(Dimensions ? { Dimensions: described(Dimensions) } : {}),
          PackageWeight: described(PackageWeight),
        })),
      },
    },
  };
}

/** A request for labels. */
export function recovery(by: Part, format?: string): Part {
  const isForPrinter = format === "ZPL" || format === "EPL";
  return {
    LabelRecoveryRequest: {
      Request: { TransactionReference: { CustomerContext: "a recovery" } },
      ...(format
        ? {
          LabelSpecification: {
            LabelImageFormat: { Code: format },
            HTTPUserAgent: "Mozilla/4.5",
            ...(isForPrinter ? { LabelStockSize: { Height: "6", Width: "4" } } : {}),
          },
        }
        : {}),
      ...by,
    },
  };
}

/** Recovery by a reference of our account. */
export function byReference(reference: string): Part {
  return {
    ReferenceValues: { ReferenceNumber: { Value: reference }, ShipperNumber: "A1B2C3" },
  };
}

function shipRequest(wish: Wish, receiver: Part, level: "package" | "shipment"): Part {
  const { reference = "KEY00001", order = "ORDER-1001", service = "03", format = "ZPL" } = wish;
  const references: Part = {
    ReferenceNumber: [{ Code: "TN", Value: reference }, { Value: order }],
  };
  return {
    ShipmentRequest: {
      Request: {
        RequestOption: "nonvalidate",
        SubVersion: "2205",
        TransactionReference: { CustomerContext: `purchase ${reference}` },
      },
      Shipment: {
        Shipper: { ...sender, ShipperNumber: "A1B2C3" },
        ShipTo: wish.to ?? receiver,
        PaymentInformation: {
          ShipmentCharge: [{ Type: "01", BillShipper: { AccountNumber: "A1B2C3" } }],
        },
        Service: { Code: service },
        ShipmentRatingOptions: { NegotiatedRatesIndicator: "" },
        ...(level === "shipment" ? references : {}),
        Package: (wish.weights ?? ["2.5"]).map((weight) => ({
          Packaging: { Code: "02" },
          PackageWeight: { UnitOfMeasurement: { Code: "LBS" }, Weight: weight },
          Dimensions: {
            UnitOfMeasurement: { Code: "IN" },
            ...{ Length: "10", Width: "8", Height: "4" },
          },
          ...(level === "package" ? references : {}),
        })),
        ...wish.shipment,
      },
      LabelSpecification: {
        LabelImageFormat: { Code: format },
        HTTPUserAgent: "Mozilla/4.5",
        ...(format === "GIF" ? {} : { LabelStockSize: { Height: "6", Width: "4" } }),
      },
    },
  };
}

/** Rating knows neither phones nor e-mails. */
function withoutContact({ Phone, EMailAddress, ...rest }: Part): Part {
  void [Phone, EMailAddress];
  return rest;
}

/** Rating wants a description with every unit. */
function described(measure: Part[string] | undefined): Part {
  const { UnitOfMeasurement, ...rest } = asPart(measure);
  return { ...rest, UnitOfMeasurement: { ...asPart(UnitOfMeasurement), Description: "unit" } };
}

/** What is inside of a part, as the part that it is. */
export function asPart(value: Part[string] | undefined): Part {
  return typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** What is inside of a part, as the list of parts that it is. */
export function asParts(value: Part[string] | undefined): Part[] {
  return Array.isArray(value) ? value.filter((each) => typeof each !== "string") : [];
}
