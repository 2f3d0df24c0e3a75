/**
 * A source and a carrier in this process that answer at once and remember nothing: what the bench
 * measures is the engine.
 *
 * @module
 */
import type { ToolCaller } from "../src/actors/tool_caller.ts";

/**
 * A source of orders, all made before the clock starts.
 *
 * @param count How many.
 * @returns Its tools.
 */
export function zeroLatencySource(count: number): ToolCaller {
  const rows = Array.from({ length: count }, (_, index) => ({
    row_number: index + 1,
    data: { order_id: `ORDER-${index + 1}`, name: "Jane Doe", zip: "30005", weight: "2.5" },
    checksum: `checksum-${index + 1}`,
  }));
  return (tool, args) => Promise.resolve(answer(tool, args));

  function answer(tool: string, args: Record<string, unknown>): unknown {
    switch (tool) {
      case "describe_source":
        return { kind: "bench", uri: "bench:", fingerprint: "f", row_count: count, columns: [] };
      case "get_rows": {
        const after = Number(args["after_row"]);
        const end = Math.min(after + Number(args["limit"]), count);
        return { rows: rows.slice(after, end), ...(end < count ? { next_after: end } : {}) };
      }
      case "get_row":
        return rows[Number(args["row_number"]) - 1];
      case "write_back":
        return { status: "written" };
      default:
        return {};
    }
  }
}

/**
 * A carrier that sells every label at once.
 *
 * @param _tool `shipping_create`, the only one it is asked for.
 * @param args The arguments.
 * @returns The answer.
 */
export function zeroLatencyCarrier(
  _tool: string,
  args: Record<string, unknown>,
): Promise<unknown> {
  const tracking = `1Z${String(args["idempotency_key"]).slice(2, 18)}`;
  return Promise.resolve({
    outcome: "bought",
    shipment_id: tracking,
    tracking_numbers: [tracking],
    labels: [],
    total_charges: { currency_code: "USD", monetary_value: "12.36", basis: "published" },
  });
}
