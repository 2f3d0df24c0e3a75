/**
 * A way to a server that can be cut: a browser's "offline" leaves streams open that were there before.
 *
 * @module
 */
import { connect, createServer, type Socket } from "node:net";

/** The way. */
export interface CutConnections extends AsyncDisposable {
  /** Where the server is found by it. */
  readonly url: string;
  /** What was asked by it. */
  readonly asked: () => string;
  /** Breaks what is open, and all that is opened until it is mended. */
  cut(): void;
  /** Mends it. */
  mend(): void;
}

/** Opens a way to a server on this machine; the server is told its own port, as if there were none. */
export async function cutConnections(target: string): Promise<CutConnections> {
  const { port, pathname } = new URL(target);
  const open = new Set<Socket>();
  let isCut = false;
  let asked = "";
  const server = createServer((near) => {
    if (isCut) return near.resetAndDestroy();
    const far = connect(Number(port), "127.0.0.1");
    for (const each of [near, far]) {
      open.add(each);
      each.on("error", () => {});
      each.on("close", () => {
        open.delete(each);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (bytes: Uint8Array) => {
      const text = new TextDecoder().decode(bytes);
      asked += text;
      far.write(text.replaceAll(`127.0.0.1:${own}`, `127.0.0.1:${port}`));
    });
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const own = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${own}${pathname}`,
    asked: () => asked,
    cut() {
      isCut = true;
      for (const each of open) each.destroy();
    },
    mend: () => isCut = false,
    async [Symbol.asyncDispose]() {
      for (const each of open) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
