/**
 * A server that speaks just enough HTTP to be asked for a token and a shipment, and then does what a
 * test tells it, down to the connection. It counts how often a shipment is asked for.
 *
 * @module
 */

/** What a test does with a ship request. */
export type OnShip = (connection: Deno.Conn, body: string, count: number) => Promise<void>;

/** The server. */
export interface RawUps extends Disposable {
  url: string;
  /** How many ship requests have arrived. */
  ships(): number;
  /** How many token requests have arrived. */
  tokens(): number;
}

/** Starts the server. */
export function rawUps(onShip: OnShip): RawUps {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const counts = { ships: 0, tokens: 0 };
  const serve = async () => {
    for await (const connection of listener) {
      handle(connection, onShip, counts).catch(() => {});
    }
  };
  serve().catch(() => {});
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    ships: () => counts.ships,
    tokens: () => counts.tokens,
    [Symbol.dispose]: () => listener.close(),
  };
}

/** Writes an answer, and leaves the connection open for more. */
export async function respond(connection: Deno.Conn, status: number, body: string): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const head = `HTTP/1.1 ${status} X\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  await writeAll(connection, new TextEncoder().encode(head));
  await writeAll(connection, bytes);
}

/** The body of a success, for the request with this body; `count` makes its number another one. */
export function successFor(body: string, count = 1): string {
  const number = `1ZA1B2C3030000${String(count).padStart(3, "0")}2`;
  const { Request } = JSON.parse(body).ShipmentRequest;
  return JSON.stringify({
    ShipmentResponse: {
      Response: {
        ResponseStatus: { Code: "1" },
        TransactionReference: Request.TransactionReference,
      },
      ShipmentResults: {
        ShipmentIdentificationNumber: number,
        PackageResults: [{
          TrackingNumber: number,
          ShippingLabel: { ImageFormat: { Code: "ZPL" }, GraphicImage: btoa("^XA^XZ") },
        }],
      },
    },
  });
}

async function handle(
  connection: Deno.Conn,
  onShip: OnShip,
  counts: { ships: number; tokens: number },
): Promise<void> {
  let received = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) return connection.close();
    received += new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const headEnd = received.indexOf("\r\n\r\n");
    const bodyLength = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
    if (headEnd < 0 || received.length < headEnd + 4 + bodyLength) continue;
    const body = received.slice(headEnd + 4, headEnd + 4 + bodyLength);
    const isToken = received.includes("/oauth/token");
    received = "";
    if (isToken) {
      counts.tokens++;
      await respond(connection, 200, JSON.stringify({ access_token: "T", expires_in: "14399" }));
    } else await onShip(connection, body, ++counts.ships);
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
