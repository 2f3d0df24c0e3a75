/**
 * A database that is only read: on a medium or by a role that may not write, beside a runner that does,
 * copied with and without its `-wal`. Nothing of it is changed.
 */
import { describe, expect, it } from "vitest";
import { type Kysely, sql } from "kysely";
import { openDatabase } from "../src/db/open.ts";
import { openToQuery, openToWatch } from "../src/db/open_to_read.ts";
import type { Database } from "../src/db/schema.ts";
import { projectFolder, runCommand, startCommand } from "./helpers/cli.ts";
import { namesIn, temporaryFolder, writeText } from "./helpers/folders.ts";
import { type ReadOnlyFolder, readOnlyFolder } from "./helpers/read_only_folder.ts";
import { createPostgresDatabase, describeSchema, postgresUrl } from "./helpers/stores.ts";
import { importVizJob } from "./helpers/viz_jobs.ts";

/** A database with jobs, as a runner leaves it. */
async function leaveJobs(folder: string, ...ids: string[]): Promise<string> {
  const path = `${folder}/waybill.db`;
  const db = await openDatabase(`sqlite:${path}`);
  for (const id of ids) await importVizJob(db, id, 2);
  await db.destroy();
  return path;
}

async function jobsOf(db: Kysely<Database>): Promise<string[]> {
  const jobs = await db.selectFrom("jobs").select("id").orderBy("id").execute();
  return jobs.map(({ id }) => id);
}

/** The jobs of a file that is only read. */
async function jobsIn(path: string): Promise<string[]> {
  const db = await openDatabase(`sqlite:${path}`, { readOnly: true });
  return await jobsOf(db).finally(() => db.destroy());
}

/** Takes away what the last migration has made. */
async function makeOlder(db: Kysely<Database>): Promise<void> {
  await db.schema.alterTable("jobs").dropColumn("source_where").execute();
  await sql`delete from kysely_migration where name = '0006_source_where'`.execute(db);
}

/** Every file of a folder, byte by byte. */
function bytesIn(folder: string): [string, Uint8Array][] {
  return namesIn(folder).map((name) => [name, Deno.readFileSync(`${folder}/${name}`)]);
}

/** Starts `viz`, asks for its jobs, does what is to be done, asks again, and ends it. */
async function jobsOnPage(
  dataFolder: string,
  env: Record<string, string>,
  meanwhile?: () => Promise<unknown>,
): Promise<string[][]> {
  const { promise: link, resolve, reject } = Promise.withResolvers<string>();
  const { child, ended } = startCommand(
    dataFolder,
    ["viz", "--json"],
    env,
    (line) => resolve(JSON.parse(line).url),
  );
  ended.then(({ stderr }) => reject(new Error(`It ended: ${stderr}`)), reject);
  try {
    const url = (await link).replace(/#.*/, "");
    const ask = async () => {
      const { jobs } = await (await fetch(`${url}jobs`)).json();
      return jobs.map(({ id }: { id: string }) => id);
    };
    const found = [await ask()];
    await meanwhile?.();
    if (meanwhile) found.push(await ask());
    return found;
  } finally {
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  }
}

const isMountable = (() => {
  const folder = readOnlyFolder();
  folder?.[Symbol.dispose]();
  return folder !== undefined;
})();

function mustMount(): ReadOnlyFolder {
  const folder = readOnlyFolder();
  if (!folder) throw new Error("Cannot mount a folder to be read only");
  return folder;
}

describe("a SQLite file where nothing may be written", () => {
  if (!isMountable) return it("is not tried: nothing may be mounted here", () => {});

  it("is read as it lies, and changed in nothing", async () => {
    using folder = mustMount();
    await leaveJobs(folder.written, "one");
    const before = bytesIn(folder.written);
    expect(before.map(([name]) => name)).toEqual(["waybill.db"]);
    const db = await openDatabase(`sqlite:${folder.seen}/waybill.db`, { readOnly: true });
    expect(await jobsOf(db)).toEqual(["one"]);
    await expect(db.deleteFrom("job_rows").execute()).rejects.toThrow("readonly");
    await db.destroy();
    expect(bytesIn(folder.written)).toEqual(before);
  });

  it("is read whatever signs are in its name", async () => {
    using folder = mustMount();
    const path = await leaveJobs(folder.written, "one");
    await Deno.rename(path, `${folder.written}/a #1?mode=rw&%41 ü.db`);
    expect(await jobsIn(`${folder.seen}/a #1?mode=rw&%41 ü.db`)).toEqual(["one"]);
  });

  it("is not read past a -wal that lies beside it: both are to be copied, and then it has all", async () => {
    using folder = mustMount();
    using other = temporaryFolder();
    const path = await leaveJobs(other.path, "one");
    const runner = await openDatabase(`sqlite:${path}`);
    await importVizJob(runner, "two", 1);
    for (const end of ["", "-wal"]) {
      await Deno.copyFile(path + end, `${folder.written}/waybill.db${end}`);
    }
    await runner.destroy();
    const refused = jobsIn(`${folder.seen}/waybill.db`);
    await expect(refused).rejects.toMatchObject({
      code: "E-4027",
      message: expect.stringContaining(`${folder.seen}/waybill.db-wal`),
      remedy: expect.stringContaining("Copy both files"),
    });
    const told = await runCommand(other.path, ["status"], {
      DATABASE_URL: `sqlite:${folder.seen}/waybill.db`,
    });
    expect([told.code, told.stderr.slice(0, 6)]).toEqual([2, "E-4027"]);
    expect(await jobsIn(`${folder.written}/waybill.db`)).toEqual(["one", "two"]);
  });

  it("is read beside an empty -wal", async () => {
    using folder = mustMount();
    writeText(`${await leaveJobs(folder.written, "one")}-wal`, "");
    expect(await jobsIn(`${folder.seen}/waybill.db`)).toEqual(["one"]);
  });

  it("is followed while somebody writes who may", async () => {
    using folder = mustMount();
    const path = await leaveJobs(folder.written, "one");
    const runner = await openDatabase(`sqlite:${path}`);
    await importVizJob(runner, "two", 1);
    const db = await openDatabase(`sqlite:${folder.seen}/waybill.db`, { readOnly: true });
    expect(await jobsOf(db)).toEqual(["one", "two"]);
    await importVizJob(runner, "three", 1);
    expect(await jobsOf(db)).toEqual(["one", "three", "two"]);
    await db.destroy();
    await runner.destroy();
  });

  it("is followed when they begin only after it was opened, and when they have ended", async () => {
    using folder = mustMount();
    const path = await leaveJobs(folder.written, "one");
    const db = await openDatabase(`sqlite:${folder.seen}/waybill.db`, { readOnly: true });
    expect(await jobsOf(db)).toEqual(["one"]);
    await leaveJobs(folder.written, "two");
    expect(await jobsOf(db)).toEqual(["one", "two"]);
    const runner = await openDatabase(`sqlite:${path}`);
    await importVizJob(runner, "three", 1);
    expect(await jobsOf(db)).toEqual(["one", "three", "two"]);
    await importVizJob(runner, "four", 1);
    expect(await jobsOf(db)).toEqual(["four", "one", "three", "two"]);
    await runner.destroy();
    expect(await jobsOf(db)).toEqual(["four", "one", "three", "two"]);
    await db.destroy();
  });

  it("is what status, rows, audit, results and the page are told from", async () => {
    using folder = mustMount();
    using data = temporaryFolder();
    await leaveJobs(folder.written, "one");
    const before = bytesIn(folder.written);
    const env = { DATABASE_URL: `sqlite:${folder.seen}/waybill.db` };
    for (const command of ["status", "rows", "audit", "results"]) {
      const { code, stdout, stderr } = await runCommand(data.path, [command, "one", "--json"], env);
      expect([command, code, stderr]).toEqual([command, 0, ""]);
      expect(JSON.parse(stdout)).toMatchObject({ job_id: "one" });
    }
    expect(await jobsOnPage(data.path, env)).toEqual([["one"]]);
    expect(bytesIn(folder.written)).toEqual(before);
  }, 60_000);

  it("is refused with what to do if it is older, or not there", async () => {
    using folder = mustMount();
    const path = await leaveJobs(folder.written);
    const writer = await openDatabase(`sqlite:${path}`);
    await makeOlder(writer);
    await writer.destroy();
    const before = bytesIn(folder.written);
    const older = { code: "E-4026", remedy: expect.stringMatching(/deno task status.*a copy/) };
    for (const open of [openToQuery, openToWatch]) {
      await expect(open(`sqlite:${folder.seen}/waybill.db`)).rejects.toMatchObject(older);
      await expect(open(`sqlite:${folder.seen}/none.db`)).rejects.toMatchObject({
        code: "E-4026",
        message: expect.stringContaining("none.db: there is none"),
      });
    }
    expect(bytesIn(folder.written)).toEqual(before);
  });
});

describe("a SQLite file that is only read", () => {
  it("shows each commit of a runner beside it, and takes none", async () => {
    using folder = temporaryFolder();
    const path = await leaveJobs(folder.path, "one");
    const db = await openDatabase(`sqlite:${path}`, { readOnly: true });
    const runner = await openDatabase(`sqlite:${path}`);
    expect(await jobsOf(db)).toEqual(["one"]);
    await importVizJob(runner, "two", 1);
    expect(await jobsOf(db)).toEqual(["one", "two"]);
    await expect(importVizJob(db, "three", 1)).rejects.toThrow("readonly");
    await db.destroy();
    await runner.destroy();
  });

  it("is whole without its -wal when the runner ends first", async () => {
    using folder = temporaryFolder();
    const path = await leaveJobs(folder.path, "one");
    const db = await openDatabase(`sqlite:${path}`, { readOnly: true });
    expect(await jobsOf(db)).toEqual(["one"]);
    await leaveJobs(folder.path, "two");
    await Deno.copyFile(path, `${folder.path}/copy.db`);
    expect(await jobsIn(`${folder.path}/copy.db`)).toEqual(["one", "two"]);
    await db.destroy();
  });

  it("is neither made nor filled", async () => {
    using folder = temporaryFolder();
    await expect(jobsIn(`${folder.path}/below/none.db`)).rejects.toMatchObject({ code: "E-4026" });
    writeText(`${folder.path}/empty.db`, "");
    await expect(jobsIn(`${folder.path}/empty.db`)).rejects.toMatchObject({
      code: "E-4026",
      message: expect.stringContaining("nothing of Waybill in it"),
    });
    expect(bytesIn(folder.path)).toEqual([["empty.db", new Uint8Array()]]);
    writeText(
      `${folder.path}/text.db`,
      "no database, but long enough to be read as one".repeat(20),
    );
    await expect(jobsIn(`${folder.path}/text.db`)).rejects.toMatchObject({ code: "E-4001" });
  });

  it("is refused if a newer Waybill has changed it, and if an older one made it", async () => {
    using folder = temporaryFolder();
    const path = await leaveJobs(folder.path, "one");
    const writer = await openDatabase(`sqlite:${path}`);
    await makeOlder(writer);
    const before = await describeSchema(writer);
    await expect(jobsIn(path)).rejects.toMatchObject({ code: "E-4026" });
    expect(await describeSchema(writer)).toEqual(before);
    await sql`insert into kysely_migration (name, timestamp) values ('0999_future', 'then')`
      .execute(writer);
    await expect(jobsIn(path)).rejects.toMatchObject({ code: "E-4008" });
    await expect(openToWatch(`sqlite:${path}`)).rejects.toMatchObject({ code: "E-4008" });
    await writer.destroy();
  });

  it("is made or brought up to date for the page, where it may be", async () => {
    using folder = temporaryFolder();
    const path = await leaveJobs(folder.path, "one");
    const writer = await openDatabase(`sqlite:${path}`);
    await makeOlder(writer);
    await writer.destroy();
    for (const [name, jobs] of [["waybill.db", ["one"]], ["new.db", []]] as const) {
      const db = await openToWatch(`sqlite:${folder.path}/${name}`);
      expect(await jobsOf(db)).toEqual(jobs);
      await expect(importVizJob(db, "two", 1)).rejects.toThrow("readonly");
      await db.destroy();
    }
  });
});

describe("deno task viz", () => {
  it("begins without a database, and shows the first job that is made", async () => {
    using folder = temporaryFolder();
    const found = await jobsOnPage(folder.path, {}, () => leaveJobs(folder.path, "first"));
    expect(found).toEqual([[], ["first"]]);
  }, 60_000);

  it("may write nothing once it listens, and start a source's server", async () => {
    using folder = temporaryFolder();
    const program = `
      import { runCli } from "./src/cli/cli.ts";
      const ended = runCli(["viz", "--json"]);
      for await (const _ of Deno.stdin.readable);
      const tried = [
        () => Deno.writeTextFile(${JSON.stringify(`${folder.path}/written`)}, ""),
        async () => await new Deno.Command("true").output(),
      ];
      for (const each of tried) console.log(await each().then(() => "done", ({ name }) => name));
      await ended;`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      cwd: projectFolder,
      env: { NO_COLOR: "1", WAYBILL_DATA: folder.path },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      // The link is printed when it listens.
      if (text === "") await child.stdin.close();
      text += chunk;
      if (text.split("\n").length > 3) child.kill("SIGTERM");
    }
    expect((await child.status).success).toBe(true);
    expect(text.trim().split("\n").slice(1)).toEqual(["NotCapable", "done"]);
  }, 60_000);
});

describe("a PostgreSQL database that is only read", () => {
  if (!postgresUrl) return it("is not tried: no server is named", () => {});
  const server = postgresUrl;

  it("takes no change, not even its owner's, nor if the URL says otherwise", async () => {
    const { url, drop } = await createPostgresDatabase(server);
    try {
      await expect(openDatabase(url, { readOnly: true })).rejects.toMatchObject({ code: "E-4026" });
      const writer = await openDatabase(url);
      await importVizJob(writer, "one", 1);
      const options = encodeURIComponent("-c default_transaction_read_only=off");
      const db = await openDatabase(`${url}?options=${options}`, { readOnly: true });
      expect(await jobsOf(db)).toEqual(["one"]);
      await importVizJob(writer, "two", 1);
      expect(await jobsOf(db)).toEqual(["one", "two"]);
      await expect(importVizJob(db, "three", 1)).rejects.toMatchObject({ code: "25006" });
      await db.destroy();
      await writer.destroy();
    } finally {
      await drop();
    }
  });

  it("is shown to a role that may only select, and is not migrated by one", async () => {
    const { url, drop } = await createPostgresDatabase(server);
    const role = `waybill_test_${crypto.randomUUID().slice(0, 8)}`;
    const owner = await openDatabase(url);
    await importVizJob(owner, "one", 2);
    await sql.raw(`create role ${role} login`).execute(owner);
    await sql.raw(`grant select on all tables in schema public to ${role}`).execute(owner);
    const reader = new URL(url);
    reader.username = role;
    try {
      using data = temporaryFolder();
      const env = { DATABASE_URL: reader.href };
      const { code, stdout } = await runCommand(data.path, ["status", "one", "--json"], env);
      expect([code, JSON.parse(stdout).job_id]).toEqual([0, "one"]);
      expect(await jobsOnPage(data.path, env)).toEqual([["one"]]);
      await makeOlder(owner);
      const before = await describeSchema(owner);
      for (const open of [openToQuery, openToWatch]) {
        await expect(open(reader.href)).rejects.toMatchObject({ code: "E-4026" });
      }
      expect(await describeSchema(owner)).toEqual(before);
    } finally {
      await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(owner);
      await owner.destroy();
      await drop();
    }
  }, 60_000);
});
