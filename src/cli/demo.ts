/**
 * The demo job: sample orders, bundled servers, the UPS sandbox. It is made on first use.
 *
 * @module
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { findJob } from "../db/jobs.ts";
import { openDatabase } from "../db/open.ts";
import { importFile } from "./import_command.ts";
import { say } from "./output.ts";
import { dataFolder, projectPath, type Settings } from "./settings.ts";

/**
 * Makes the job `demo` if it is not there. The orders are copied, so that the sample stays clean.
 *
 * @param settings Where things are.
 */
export async function makeDemo(settings: Settings): Promise<void> {
  const db = await openDatabase(settings.databaseUrl);
  try {
    if (await findJob(db, "demo")) return;
  } finally {
    await db.destroy();
  }
  const orders = join(await dataFolder(settings, "demo"), "orders.csv");
  await copyFile(projectPath("examples/orders.csv"), orders);
  const { rows } = await importFile(settings, orders, {
    job: "demo",
    template: projectPath("examples/ups-ground.json.njk"),
    shipper: projectPath("examples/shipper.json"),
  });
  say(`Made the job demo: ${rows} sample orders in ${orders}`);
}
