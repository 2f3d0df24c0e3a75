import { describe, expect, it } from "vitest";
import {
  parseSource,
  sourceIdentity,
  sourceName,
  sourceUri,
  withoutSecrets,
} from "../src/contracts/source_location.ts";

describe("the address of a source", () => {
  it.each<[string, string, string]>([
    ["orders.csv", "file:///home/me/orders.csv", "/home/me/orders.csv"],
    ["../a #3?.tsv", "file:///home/a%20%233%3F.tsv", "/home/a #3?.tsv"],
    [
      "file:///x/o.csv?encoding=utf-16le",
      "file:///x/o.csv?encoding=utf-16le",
      "/x/o.csv (utf-16le)",
    ],
    ["orders.xlsx", "file:///home/me/orders.xlsx", "/home/me/orders.xlsx"],
    [
      "o.XLSM#Märkte 100%",
      "file:///home/me/o.XLSM#M%C3%A4rkte%20100%25",
      "/home/me/o.XLSM#Märkte 100%",
    ],
    ["a#b.csv", "file:///home/me/a%23b.csv", "/home/me/a#b.csv"],
    [
      "sqlite:my shop.db?table=orders&rows=key",
      "sqlite:/home/me/my%20shop.db?table=orders&rows=key",
      "sqlite:/home/me/my%20shop.db?table=orders",
    ],
    ["sqlite:///x/s.db?table=a.b", "sqlite:/x/s.db?table=a.b", "sqlite:/x/s.db?table=a.b"],
    [
      "postgresql://o'hara@[::1]/shop?table=sales.orders&key=shop,%20sku&sslmode=verify-full",
      "postgres://o'hara@[::1]:5432/shop?table=sales.orders&key=shop%2Csku&tls=1",
      "postgres://o'hara@[::1]:5432/shop?table=sales.orders&key=shop%2Csku&tls=1",
    ],
    [
      "mariadb://u%40x@h:3307/d?table=t&query=select+1%3B",
      "mysql://u%40x@h:3307/d?table=t&query=select+1%3B",
      "mysql://u%40x@h:3307/d?table=t&query=select+1%3B",
    ],
  ])("%s", (typed, kept, shown) => {
    const uri = sourceUri(parseSource(typed, "/home/me"));
    expect(uri).toBe(kept);
    // What is kept is read again as the same, wherever that is.
    expect(sourceUri(parseSource(uri, "/elsewhere"))).toBe(kept);
    expect(sourceName(uri)).toBe(shown);
  });

  it("is kept without its password", () => {
    const location = parseSource("postgres://u:p%40ss@h/d?table=t", "/");
    expect(location).toMatchObject({ password: "p@ss" });
    expect(sourceUri(location)).not.toContain("ss");
  });

  it.each<[string, string]>([
    ["https://shop.example/orders", 'of the kind "https:"'],
    ["shop.sqlite", ".sqlite files are not read"],
    ["orders.ods", ".ods files are not read"],
    ["postgres://u:s3cret@h/d", "names no table"],
    ["postgres://u:s3cret@h/?table=t", "names no database"],
    ["postgres://:s3cret@h/d?table=t", "names no user"],
    ["postgres://u:s3cret@h/d?table=t&password=s3cret", 'not known, "password"'],
    ["mysql://u:s3cret@h/d?table=t&tls=maybe", "tls is 1 or 0"],
    ["postgres://u:s3cret@h:port/d?table=t", "Cannot read the database's address"],
    ["sqlite:?table=t", "Cannot read sqlite:"],
    ["postgres://u:s3cret%ss@h/d?table=t", "Cannot read the source's address"],
    ["sqlite:%zz?table=t", "Cannot read the source's address"],
    ["file:///x%zz.csv", "Cannot read the source's address"],
    ["file://host/x.csv", "Cannot read the source's address"],
  ])("%s is refused", (typed, why) => {
    const message = (() => {
      try {
        parseSource(typed, "/");
      } catch (error) {
        return error instanceof Error ? error.message : "";
      }
    })();
    expect(message).toContain(why);
    expect(message).not.toContain("s3cret");
  });
});

describe("sourceIdentity()", () => {
  const identity = (typed: string) => sourceIdentity(sourceUri(parseSource(typed, "/home/me")));

  it.each([
    ["orders.csv", "/home/me/x/../orders.csv"],
    ["file:///home/me/orders.csv?encoding=utf-8", "orders.csv"],
    ["file:///home/me/orders.csv?encoding=windows-1252", "orders.csv"],
    ["o.xlsx#Orders", "o.xlsx#ORDERS"],
    [
      "postgres://a@localhost/d?table=t&key=id",
      "postgresql://b:pw@127.0.0.1:5432/d?table=t&query=x",
    ],
    ["mysql://a@[::1]/d?table=T", "mariadb://a@localhost:3306/d?table=t&tls=1"],
    ["sqlite:s.db?table=a&rows=key", "sqlite:///home/me/s.db?table=A"],
  ])("is the same of %s and %s", (one, other) => {
    expect(identity(one)).toBe(identity(other));
  });

  it.each([
    ["orders.csv", "Orders.csv"],
    ["o.xlsx#a", "o.xlsx#b"],
    ["postgres://a@h/d?table=t", "postgres://a@h/d?table=T"],
    ["postgres://a@h/d?table=t", "postgres://a@h/e?table=t"],
    ["mysql://a@h/d?table=t", "mysql://a@g/d?table=t"],
  ])("differs of %s and %s", (one, other) => {
    expect(identity(one)).not.toBe(identity(other));
  });
});

describe("withoutSecrets()", () => {
  it.each([
    ["postgres://u:pw@h/d?key=id&sslkey=abc&access_token=abc", "postgres://u@h/d?key=id"],
    ["https://shop.example/orders?api_key=abc&page=1", "https://shop.example/orders?page=1"],
    ["file:///x/orders.csv?encoding=utf-16le", "file:///x/orders.csv?encoding=utf-16le"],
    ["mysql://u:p@ss word@h/d", "mysql://u@h/d"],
    ["a table of mine", "a table of mine"],
  ])("%s", (uri, kept) => {
    expect(withoutSecrets(uri)).toBe(kept);
  });
});
