import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DataMapAnswer, DataMapPlace } from "../../../src/protocol/data-map.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { COLUMNS } from "../../../src/relay/data-map/columns.ts";
import { MAILBOX_ENTRIES } from "../../../src/relay/data-map/mailbox-entries.ts";
import { RECORD_ENTRIES } from "../../../src/relay/data-map/record-entries.ts";
import type { OneTimeCodeCalls } from "../../../src/relay/verification/one-time-code.ts";
import { fetchRelay, ORIGIN, SigningDevice } from "../edge/signing-device.ts";

/** SQLite's and the platform's own; the emulator's name of the object; what wrangler knows migrations by. */
const FOREIGN = /^(sqlite_|_cf_)|^(__miniflare_do_name|d1_migrations)$/;
const TABLE_COLUMNS = `SELECT t.name AS "table", c.name AS "column" FROM sqlite_master t, pragma_table_info(t.name) c
  WHERE t.type = 'table' AND t.name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;

type Found = { table: string; column: string };
const named = (rows: readonly Found[]) =>
  rows
    .filter(({ table }) => !FOREIGN.test(table))
    .map(({ table, column }) => `${table}.${column}`)
    .sort();

async function place(name: DataMapPlace["place"]): Promise<DataMapPlace> {
  const answer = await fetchRelay(new Request(ORIGIN + ROUTES.dataMap));
  const map: DataMapAnswer = await answer.json();
  const found = map.places.find(({ place }) => place === name);
  if (found === undefined) throw new Error(`no place ${name}`);
  return found;
}

const mapped = ({ tables }: DataMapPlace) =>
  named(tables.flatMap(({ table, columns }) => columns.map(({ column }) => ({ table, column }))));

describe("the data map", () => {
  it("has every column of D1 as it is", async () => {
    const { results } = await env.RECORDS.prepare(TABLE_COLUMNS).all<Found>();
    expect(named(results).length).toBeGreaterThan(40);
    expect(mapped(await place("records"))).toEqual(named(results));
  });

  it("has every column of a mailbox as it is", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const stub = env.MAILBOX.get(env.MAILBOX.idFromName(device.address));
    const rows = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec<Found>(TABLE_COLUMNS).toArray(),
    );
    expect(named(rows).length).toBeGreaterThan(30);
    expect(mapped(await place("mailbox"))).toEqual(named(rows));
  });

  it("has all that a one-time-code object stores, at each step of a verification", async () => {
    const stub = env.ONE_TIME_CODE.get(env.ONE_TIME_CODE.idFromName("some number"));
    const known = mapped(await place("one-time-code"));
    const asked = { id: "id", address: "address", now: Date.now() };
    for (const step of [
      (object) => object.begin(asked),
      (object) => object.sent({ ...asked, code: { reference: "the sender's" } }),
      (object) => object.attempt({ ...asked, hash: "hash" }),
      (object) => object.gone(asked),
      (object) => object.sent({ ...asked, code: { hash: "hash" } }),
      (object) => object.attempt({ ...asked, hash: "another" }),
      (object) => object.attempt({ ...asked, hash: "hash" }),
      (object) => object.approved({ ...asked, hash: "hash" }),
      (object) => object.begin(asked),
      (object) => object.abandoned(asked),
    ] satisfies ((object: OneTimeCodeCalls) => unknown)[])
      await runInDurableObject(stub, async (object, { storage }) => {
        await step(object as unknown as OneTimeCodeCalls);
        // itty-durable stores all that the object has, under one name.
        const stored = Object.fromEntries(await storage.list<Record<string, Record<string, unknown>[]>>());
        const columns = Object.entries(stored.data ?? {}).flatMap(([table, list]) =>
          list.flatMap((one) => Object.keys(one).map((column) => ({ table, column }))),
        );
        expect([Object.keys(stored), named(columns)], String(step)).toEqual([["data"], known]);
        expect(named(storage.sql.exec<Found>(TABLE_COLUMNS).toArray()), String(step)).toEqual([]);
      });
  });

  it("says of each column why it is there, who can read it and when it goes", async () => {
    for (const name of ["records", "mailbox", "one-time-code"] as const)
      for (const { table, about, held, columns } of (await place(name)).tables) {
        expect([about.length > 0, held.length > 0], table).toEqual([true, true]);
        for (const { column, why, readers, goes } of columns) {
          const texts = [why, readers, goes];
          expect(
            texts.every((text) => text.length > 4),
            `${table}.${column}`,
          ).toBe(true);
          // A comment that leans on a neighbour's says nothing here by itself.
          expect(why, `${table}.${column}`).not.toMatch(/\bas (in|are|the other)\b|^ms since 1970$|,$/i);
        }
      }
  });

  it("speaks of no column that is not there", () => {
    for (const [schema, entries] of [
      [COLUMNS.records, RECORD_ENTRIES],
      [COLUMNS.mailbox, MAILBOX_ENTRIES],
    ] as const)
      for (const [table, { columns = {} }] of Object.entries(entries))
        for (const column of Object.keys(columns))
          expect(schema[table], `${table}.${column}`).toHaveProperty(column);
  });

  it("tables of which `held` finds no row by itself are said to be about nobody, or why not", async () => {
    for (const { table, held, columns } of (await place("records")).tables) {
      const names = columns.some(({ column }) => column === "address" || column === "consent_id");
      if (!names) expect(held, table).toMatch(/no one device's|about nobody/);
    }
  });

  it("may be kept for minutes, by anyone", async () => {
    const answer = await fetchRelay(new Request(ORIGIN + ROUTES.dataMap));
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "public, max-age=300"]);
  });
});
