/**
 * Stands between a program and a PostgreSQL server. It loses the server's word that a commit happened (the
 * commit is passed on and carried out, and the connection is cut in place of the answer), or it falls
 * silent.
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
  let isArmed = false;
  let commits = 0;
  let lost = 0;
  const { url, close } = await listen(serverUrl, (client, upstream) => {
    let isLosing = false;
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
  return {
    url,
    get isArmed() {
      return isArmed;
    },
    set isArmed(value) {
      isArmed = value;
    },
    get lost() {
      return lost;
    },
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Starts a proxy that cuts the first connection whose commit takes longer than `afterMs`: the server goes
 * on with it.
 */
export async function cuttingSlowCommit(
  serverUrl: string,
  afterMs: number,
): Promise<{ url: string; readonly cuts: number } & AsyncDisposable> {
  let cuts = 0;
  const { url, close } = await listen(serverUrl, (client, upstream) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    client.on("data", (chunk: Uint8Array) => {
      upstream.write(chunk);
      if (cuts > 0 || !Buffer.from(chunk).includes("commit")) return;
      timer = setTimeout(() => {
        if (cuts++ > 0) return;
        // The server's side stays open for as long as it takes.
        client.removeAllListeners("close");
        client.destroy();
      }, afterMs);
    });
    upstream.on("data", (chunk: Uint8Array) => {
      clearTimeout(timer);
      if (!client.destroyed) client.write(chunk);
    });
  });
  return {
    url,
    get cuts() {
      return cuts;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Starts a proxy that passes nothing on while it is silent; connections stay open. */
export async function fallingSilent(
  serverUrl: string,
): Promise<{ url: string; fallSilent(): void; speakAgain(): void } & AsyncDisposable> {
  let isSilent = false;
  const { url, close } = await listen(serverUrl, (client, upstream) => {
    client.on("data", (chunk: Uint8Array) => isSilent || upstream.write(chunk));
    upstream.on("data", (chunk: Uint8Array) => isSilent || client.write(chunk));
  });
  return {
    url,
    fallSilent: () => isSilent = true,
    speakAgain: () => isSilent = false,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(
  serverUrl: string,
  connected: (client: Socket, upstream: Socket) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    connected(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy has no port");
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String(address.port);
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
