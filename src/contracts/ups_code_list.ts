/**
 * The codes of UPS that are known, one by one and in ranges. What they mean is told by
 * {@link ./ups_codes.ts}.
 *
 * @module
 */
import type { UpsCodeKind } from "./ups_codes.ts";

/** A code's kind, its plain words and, where the kind's usual one does not help, its remedy. */
export type CodeEntry = readonly [kind: UpsCodeKind, title: string, remedy?: string];

const mendAddress = "Correct the address in the row, then retry it";
const otherService = "Choose a service that UPS offers between the two places, then retry the row";
const laneBug = "Report it: Waybill chose the wrong place for the references of this lane";
const enableApi = "Add the API's product to the app on developer.ups.com, then run again";

/** Codes that stand alone. */
export const codes: Readonly<Record<string, CodeEntry>> = {
  // Nothing was done.
  "10429": ["retryable", "Too many requests in too short a time"],
  "251004": ["retryable", "The access token has expired"],
  // UPS's own failures.
  "10004": ["ambiguous", "UPS's system failed"],
  "20001": ["ambiguous", "UPS's system failed in the middle of its work"],
  "120001": ["ambiguous", "UPS's shipping system is not available"],
  "190001": ["ambiguous", "UPS's void system is not available"],
  "190002": ["ambiguous", "UPS's void system failed"],
  "250050": ["ambiguous", "UPS's sign-in system is not available"],
  "300000": ["ambiguous", "UPS's label system is not available"],
  "9800000": ["ambiguous", "UPS's label recovery is not available"],
  "9800001": ["ambiguous", "UPS's label recovery is not available"],
  "9801027": ["ambiguous", "UPS's label recovery is not available"],
  "TV1002": [
    "ambiguous",
    "UPS's tracking does not take the number, which it has said of good ones",
  ],
  // Who we are.
  "10401": ["credentials", "UPS does not know the client id"],
  "UJ0001": ["credentials", "UPS refuses the access token"],
  "250002": ["credentials", "The sign-in is not valid, or the app may not use this API", enableApi],
  "250003": ["credentials", "The access licence is not valid", enableApi],
  // On whose account.
  "120100": ["account", "The account number is missing or UPS does not know it"],
  "120113": ["account", "The account number belongs to another country than the shipper's address"],
  "120120": ["account", "The account may not ship"],
  "120121": ["account", "The account number and the shipper's address do not belong together"],
  "120122": ["account", "The account may not be used by this client"],
  "120412": ["account", "The account that pays is not valid"],
  "120413": ["account", "The account that pays is not valid in its country"],
  "120415": ["account", "The account that pays must be the shipper's own"],
  "120416": ["account", "The account that pays cannot be charged"],
  "120400": ["account", "No way of paying is given, or UPS does not take it"],
  "120410": ["account", "No account to be charged is given"],
  // What we have written.
  "10001": ["bug", "The request cannot be read"],
  "10002": ["bug", "The request is not well formed"],
  "10003": ["bug", "The request is not complete"],
  "10007": ["bug", "The request's header is not valid"],
  "10013": ["bug", "The request has a field that is not valid"],
  "120050": ["bug", "The request's option is not valid"],
  "120051": ["bug", "The request's option is missing"],
  "9801030": ["bug", "Label recovery was given neither a number nor a reference with its account"],
  "9801050": ["bug", "Label recovery was given a stock size that its format does not have"],
  // Reference and lane.
  "120541": ["row", "The references are on the shipment and belong on its packages", laneBug],
  "120542": ["row", "The references are on the packages and belong on the shipment", laneBug],
  "120543": ["row", "The shipment has more than two references", laneBug],
  "120544": ["row", "A package has more than two references", laneBug],
  "120501": ["row", "A reference's code is not valid"],
  "120506": ["row", "A reference is not valid", "Shorten the order reference, then retry the row"],
  "120603": ["row", "A package's reference is not valid", "Shorten the order reference"],
  "120607": ["row", "A package's reference code is not valid"],
  "120081": ["row", "The service takes no such reference", otherService],
  "120082": ["row", "The service takes no such reference", otherService],
  // Addresses.
  "120801": ["row", "The shipper's address does not exist", "Correct the shipper's address"],
  "120802": ["row", "The receiver's address does not exist", mendAddress],
  "120803": ["row", "The address from which it is shipped does not exist", mendAddress],
  // Service.
  "120500": ["row", "The service code is missing or unknown", otherService],
  "120124": ["row", "The service is not offered between the two places", otherService],
  "111210": ["row", "The service is not offered between the two places", otherService],
  "121210": ["row", "The service is not offered between the two places", otherService],
  "121100": ["row", "The service is not offered for this shipment", otherService],
  "121185": ["row", "The service is not offered to this receiver", otherService],
  "121208": ["row", "The service is not offered from this place", otherService],
  "121215": ["row", "The service is not offered to this place", otherService],
  // What is shipped.
  "120503": ["row", "The description of the goods is too long"],
  "120512": ["row", "The description of the goods is missing"],
  "120020": ["row", "The shipment has too many packages", "Split the row into several"],
  "120528": ["row", "The packages are weighed in different units", "Use one unit of weight"],
  "120529": ["row", "The packages are measured in different units", "Use one unit of length"],
  "120548": ["row", "Weights and lengths are in different systems", "Use LBS with IN, KGS with CM"],
  "120616": ["row", "The weight has too many digits"],
  "121030": [
    "row",
    "A package is too large or too heavy",
    "Split the package, or send it as freight",
  ],
  "121050": ["row", "A package is too heavy for the service or packaging"],
  "121055": ["row", "A package is too long"],
  "121056": ["row", "A package is too large: its length and girth together"],
  // Customs.
  "120502": ["row", "The invoice's total is not valid"],
  "120504": [
    "row",
    "The invoice's total is missing",
    "Give the goods and their values, then retry",
  ],
  "120526": ["row", "The invoice's total may not be given on this lane"],
  "120539": ["row", "The invoice's total is not in a currency that UPS takes here"],
  // Said of a success.
  "120900": ["warning", "The account has no negotiated rates: the published price is charged"],
  "120901": ["warning", "The negotiated rate was not applied: the published price is charged"],
  "126098": ["warning", "There are no negotiated rates for this shipment"],
  "120971": ["warning", "A rate could not be shown"],
  "120804": ["warning", "The shipper's address may be wrong", "Check the shipper's address"],
  "120805": ["warning", "The receiver's address may be wrong", "Check the receiver's address"],
  "120806": ["warning", "The address from which it is shipped may be wrong"],
  "121943": ["warning", "The day of shipping was changed to today"],
  "129001": ["warning", "Additional handling was added to the price"],
  // Voiding.
  "190100": ["not_voided", "The number is no shipment's", "Check the number"],
  "190101": ["not_voided", "It is too late to void the shipment"],
  "190102": ["not_voided", "UPS finds no such shipment that can still be voided"],
  "190109": ["not_voided", "The number is no shipment's", "Check the number"],
  "190113": ["not_voided", "A package of an international shipment cannot be voided alone"],
  "190117": ["voided", "The shipment is voided already"],
  // Label recovery, of today and of the old interface.
  "9801031": ["not_found", "UPS shows no such shipment"],
  "300007": ["not_found", "UPS shows no such shipment"],
  "9801040": ["voided", "The shipment is voided"],
  "300033": ["voided", "The shipment is voided"],
  "9800020": ["exists", "The label has expired"],
  "9801028": ["exists", "The label was sent to its destination"],
  "9801039": ["exists", "The shipment has no such label"],
  "9801041": ["exists", "The shipment is not processed yet", "Ask again later"],
  "9801042": ["exists", "The shipment is not processed yet", "Ask again later"],
  "300001": ["exists", "Several shipments fit the reference"],
  "300035": ["exists", "Too many shipments fit the reference"],
  // Tracking.
  "TW0001": ["untracked", "UPS's tracking does not know it yet, or no longer"],
  "151085": ["row", "Several shippers have used the reference", "Name the account number"],
};

/** Ranges of codes, for what does not stand alone above: the first that holds counts. */
export const codeRanges: readonly (readonly [from: number, to: number, entry: CodeEntry])[] = [
  [120101, 120119, ["account", "The shipper is not valid", "Correct the job's shipper"]],
  [120200, 120218, ["row", "The receiver is not valid", mendAddress]],
  [120300, 120318, ["row", "The place from which it is shipped is not valid", mendAddress]],
  [120600, 120609, ["row", "A package's packaging, weight or size is not valid"]],
  [120700, 120705, ["bug", "The label's format or size is not valid", "Choose ZPL or GIF"]],
  [128000, 128999, ["row", "The customs data is not valid", "Correct the row's customs data"]],
  [129201, 129204, ["account", "The account is not authorised for this"]],
  [250001, 250009, ["credentials", "The sign-in is not valid", enableApi]],
];
