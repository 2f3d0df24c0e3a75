/**
 * Tests of the visualiser's page in a real browser. Where there is none they are not tried, and say so.
 *
 * @module
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Kysely } from "kysely";
import type { Browser } from "playwright-core";
import type { Database } from "../../src/db/schema.ts";
import type { ControlJob } from "../../src/viz/control.ts";
import type { VizServer } from "../../src/viz/server.ts";
import { openTestStore, type TestStore } from "./stores.ts";
import {
  chromiumPath,
  openBrowser,
  openPage,
  type PageOptions,
  serveViz,
  type WatchedPage,
} from "./viz_browser.ts";

/** A browser, and a page's server over a database of its own. */
export interface VizStage {
  readonly browser: Browser;
  readonly store: TestStore;
  readonly server: VizServer;
  /** Opens the page at a part of its link. */
  open(fragment: string, options?: PageOptions): Promise<WatchedPage>;
}

/** What the page is served over. */
export interface VizPlot {
  /** Fills the database. */
  readonly prepare: (db: Kysely<Database>) => Promise<void>;
  /** What is done that is decided on the page; nothing can be decided without it. */
  readonly control?: ControlJob;
}

/** Tests with a browser, a database and its page, which they share. */
export function describeInBrowser(
  name: string,
  { prepare, control }: VizPlot,
  tests: (stage: () => VizStage) => void,
): void {
  describe(`${name}, in a browser (not tried where there is no Chromium)`, () => {
    if (chromiumPath === undefined) {
      it.skip("is not tried: install Chromium at /usr/bin/chromium", () => {});
      return;
    }
    let stage: VizStage | undefined;
    beforeAll(async () => {
      const browser = await openBrowser();
      const store = await openTestStore("sqlite");
      const server = await serveViz(store.db, control);
      await prepare(store.db);
      const open: VizStage["open"] = (fragment, options) =>
        openPage(browser, `${server.url}#${fragment}`, options);
      stage = { browser, store, server, open };
    }, 60_000);
    afterAll(async () => {
      await stage?.browser.close();
      await stage?.server.end();
      await stage?.store[Symbol.asyncDispose]();
    });
    tests(() => {
      if (!stage) throw new Error("The browser did not start");
      return stage;
    });
  });
}
