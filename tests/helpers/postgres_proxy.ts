/**
 * Stands between a program and a PostgreSQL server, and loses the server's word that a commit happened:
 * the commit is passed on and carried out, and the connection is cut in place of the answer.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, createServer, type Socket } from "node:net";

/** A proxy at work. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Whether answers are lost now; at first none is. */
  isArmed: boolean;
  /** How many answers were lost. */
  readonly lost: number;
}

/** Starts a proxy that loses the answer of every `nth` commit. */
export async function losingCommits(serverUrl: string, nth: number): Promise<Proxy> {
  const target = new URL(serverUrl);
  let isArmed = false;
  let commits = 0;
  let lost = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    let isLosing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk: Uint8Array) => {
      const isCommit = isArmed && Buffer.from(chunk).includes("commit");
      if (isCommit && ++commits % nth === 0) isLosing = true;
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Uint8Array) => {
      // Its answer is here: it has happened.
      if (!isLosing) return void client.write(chunk);
      lost++;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy has no port");
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String(address.port);
  return {
    url: url.href,
    get isArmed() {
      return isArmed;
    },
    set isArmed(value) {
      isArmed = value;
    },
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
