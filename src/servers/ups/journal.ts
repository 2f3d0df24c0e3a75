/**
 * The UPS server's own memory: which keys were sent to UPS, and what came of it. A key that is in
 * here is never sent again, by this server or by another one that shares the file.
 *
 * It holds keys, hashes, numbers, label paths and charges; no name and no address.
 *
 * @module
 */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { type ShippingAnswer, shippingAnswerSchema } from "../../contracts/carrier.ts";
import { UsageError } from "../../errors.ts";
import { folderOf, syncFolder } from "../durable_file.ts";
import { type ServerLock, takeServerLock } from "./server_lock.ts";

/** What is known of a key before anything is sent. */
export interface Purchase {
  /** The key. */
  readonly key: string;
  /** The SHA-256 of the request's body; none where a look-up found what is not in this journal. */
  readonly payloadHash: string | null;
  /** The account that pays, by which the shipment can be found. */
  readonly account: string;
  /** Which UPS. */
  readonly environment: string;
  /** How many packages; none where nobody knows. */
  readonly packages: number | null;
  /** The format of the labels. */
  readonly labelFormat: string;
}

/** A key in the journal. */
export interface JournalEntry extends Purchase {
  /** When it was about to be sent. */
  readonly sentAt: string;
  /** Which server sent it. */
  readonly serverId: string;
  /** What came of it; none while it is not known. */
  readonly answer: ShippingAnswer | undefined;
}

/** The journal. */
export interface Journal extends Disposable {
  /** What is known of a key. */
  find(key: string): JournalEntry | undefined;
  /** Enters a key, durably; if it is there already, it stays as it is and is returned. */
  begin(purchase: Purchase): JournalEntry | undefined;
  /** Enters what came of a key, durably. */
  finish(key: string, answer: ShippingAnswer): void;
  /** Forgets a key of which not a byte was sent. */
  forget(key: string): void;
  /** Enters what a look-up found, whether the key is known or not. */
  adopt(purchase: Purchase, answer: ShippingAnswer): void;
  /** Enters, durably, that a shipment is going to be voided: this journal alone vouches for it no more. */
  beginVoid(shipmentId: string): void;
  /** Enters what came of that, durably. */
  finishVoid(shipmentId: string, isVoided: boolean): void;
  /** Whether the shipment of an answer is voided; `undefined` if a void was begun and its end is not known. */
  isVoided(answer: ShippingAnswer): boolean | undefined;
  /** Whether somebody still works on an entry: a server that lives. */
  isUnderWay(entry: JournalEntry): boolean;
}

const version = 2;
const schema = `
  create table if not exists voids (
    shipment_id text primary key,
    asked_at text not null,
    voided_at text
  ) strict, without rowid;
  create table if not exists purchases (
    key text primary key,
    payload_sha256 text,
    account text not null,
    environment text not null,
    packages integer,
    label_format text not null,
    sent_at text not null,
    server_id text not null,
    state text not null check (state in ('sending', 'answered')),
    answer text,
    answered_at text,
    check ((state = 'answered') = (answer is not null and answered_at is not null))
  ) strict, without rowid`;
const columns = "key, payload_sha256, account, environment, packages, label_format, sent_at, " +
  "server_id, state, answer, answered_at";

/**
 * Opens the journal, or begins it.
 *
 * @param path The file; its folder must be there and takes the locks of the servers too.
 * @returns The journal.
 * @throws {UsageError} If a newer version of the program wrote it.
 */
export function openJournal(path: string): Journal {
  const lock = takeServerLock(`${folderOf(path)}/servers`);
  try {
    return journalIn(openDatabase(path), lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function openDatabase(path: string): DatabaseSync {
  // One at a time: SQLite does not wait for its turn where two begin the same file at once.
  using gate = Deno.openSync(`${folderOf(path)}/opening.lock`, { write: true, create: true });
  gate.lockSync(true);
  const database = new DatabaseSync(path);
  // The wait first: the change to WAL needs the file for itself.
  database.exec(
    "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full",
  );
  const found = Number(database.prepare("pragma user_version").get()?.["user_version"]);
  if (found > version) {
    database.close();
    throw new UsageError(
      `Cannot use the journal ${path}: version ${found} is newer than this program`,
      "Use the version of the program that wrote it",
    );
  }
  if (found < version) database.exec(`${schema}; pragma user_version = ${version}`);
  syncFolder(folderOf(path));
  return database;
}

function journalIn(database: DatabaseSync, lock: ServerLock): Journal {
  const select = database.prepare(`select ${columns} from purchases where key = ?`);
  const insert = database.prepare(
    `insert into purchases (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, 'sending', null, null)
     on conflict do nothing`,
  );
  const answer = database.prepare(
    "update purchases set state = 'answered', answer = ?, answered_at = ? where key = ?",
  );
  const remove = database.prepare("delete from purchases where key = ? and state = 'sending'");
  const adopt = database.prepare(
    `insert into purchases (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, 'answered', ?, ?)
     on conflict do update set state = 'answered', answer = excluded.answer,
       answered_at = excluded.answered_at`,
  );
  const beginVoid = database.prepare(
    "insert into voids (shipment_id, asked_at) values (?, ?) on conflict do nothing",
  );
  const endVoid = database.prepare(
    `insert into voids (shipment_id, asked_at, voided_at) values (?, ?, ?)
     on conflict do update set voided_at = excluded.voided_at`,
  );
  const removeVoid = database.prepare(
    "delete from voids where shipment_id = ? and voided_at is null",
  );
  const selectVoid = database.prepare("select voided_at from voids where shipment_id = ?");
  const ours = new Set<string>();
  const now = () => new Date().toISOString();
  const valuesOf = (purchase: Purchase) => [
    purchase.key,
    purchase.payloadHash,
    purchase.account,
    purchase.environment,
    purchase.packages,
    purchase.labelFormat,
    now(),
    lock.id,
  ];
  const journal: Journal = {
    find(key) {
      const row = select.get(key);
      return row && entryOf(row);
    },
    begin(purchase) {
      // Again if the other one, having sent nothing, forgot it between the two statements.
      for (;;) {
        if (Number(insert.run(...valuesOf(purchase)).changes) === 1) {
          ours.add(purchase.key);
          return undefined;
        }
        const entry = journal.find(purchase.key);
        if (entry) return entry;
      }
    },
    finish(key, given) {
      ours.delete(key);
      answer.run(JSON.stringify(given), now(), key);
    },
    forget(key) {
      ours.delete(key);
      remove.run(key);
    },
    adopt(purchase, given) {
      adopt.run(...valuesOf(purchase), JSON.stringify(given), now());
    },
    beginVoid: (shipmentId) => void beginVoid.run(shipmentId, now()),
    finishVoid(shipmentId, isVoided) {
      if (isVoided) endVoid.run(shipmentId, now(), now());
      else removeVoid.run(shipmentId);
    },
    isVoided({ shipment_id, tracking_numbers = [] }) {
      // A label that was found without its shipment's number is voided by its own.
      const ids = new Set([shipment_id, tracking_numbers[0]].filter((id) => id !== undefined));
      const known = [...ids].map((id) => selectVoid.get(id)).filter((each) => each !== undefined);
      if (known.length === 0) return false;
      return known.some((each) => each["voided_at"] !== null) ? true : undefined;
    },
    isUnderWay({ key, serverId, answer: known }) {
      if (known) return false;
      return serverId === lock.id ? ours.has(key) : lock.isAlive(serverId);
    },
    [Symbol.dispose]() {
      database.close();
      lock[Symbol.dispose]();
    },
  };
  return journal;
}

function entryOf(row: Record<string, SQLOutputValue>): JournalEntry {
  const text = (column: string) => String(row[column] ?? "");
  const optional = (column: string) => row[column] === null ? null : text(column);
  const answer = optional("answer");
  return {
    key: text("key"),
    payloadHash: optional("payload_sha256"),
    account: text("account"),
    environment: text("environment"),
    packages: row["packages"] === null ? null : Number(row["packages"]),
    labelFormat: text("label_format"),
    sentAt: text("sent_at"),
    serverId: text("server_id"),
    answer: answer === null ? undefined : shippingAnswerSchema.parse(JSON.parse(answer)),
  };
}
