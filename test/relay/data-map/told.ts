/** What answers say of stored columns, beside what the data map says of who can read them. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { DATA_MAP } from "../../../src/relay/data-map/data-map.ts";
import { fetchRelay, ORIGIN } from "../edge/signing-device.ts";

/** Rows by table, with binary as base64url. */
export type Told = Record<string, readonly Record<string, unknown>[]>;

/** What `answers` told are columns of these tables, and those of which the map says that `who` can read them. */
export function expectReaders(who: RegExp, answers: Told): void {
  const told = Object.entries(answers).flatMap(([table, rows]) =>
    Object.keys(rows[0] ?? {}).map((column) => `${table}.${column}`),
  );
  const mapped = DATA_MAP.places.flatMap(({ tables }) =>
    tables.flatMap(({ table, columns }) =>
      columns.filter(({ readers }) => who.test(readers)).map(({ column }) => `${table}.${column}`),
    ),
  );
  expect(mapped.sort()).toEqual(told.sort());
}

/** Every row that was told is stored so. */
export function expectStored(stored: Told, told: Told): void {
  for (const [table, rows] of Object.entries(told))
    expect(stored[table], table).toEqual(rows.map((row) => expect.objectContaining(row)));
}

export async function records(...tables: string[]): Promise<Told> {
  const all = await env.RECORDS.batch<Record<string, unknown>>(
    tables.map((table) => env.RECORDS.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`)),
  );
  return Object.fromEntries(tables.map((table, i) => [table, all[i]?.results ?? []]));
}

export async function mailbox(address: string, ...tables: string[]): Promise<Told> {
  const stub = env.MAILBOX.get(env.MAILBOX.idFromName(address));
  return runInDurableObject(stub, (_, { storage }) =>
    Object.fromEntries(
      tables.map((table) => [
        table,
        storage.sql
          .exec(`SELECT * FROM ${table}`)
          .toArray()
          .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)]))),
      ]),
    ),
  );
}

function shown(value: SqlStorageValue): unknown {
  return value instanceof ArrayBuffer ? encodeBase64url(new Uint8Array(value)) : value;
}

/** An answer to whoever asks, as JSON. */
export async function asked<Answer>(path: string): Promise<Answer> {
  const answer = await fetchRelay(new Request(ORIGIN + path));
  expect(answer.status).toBe(200);
  return answer.json();
}

/** What a JWS says; that it verifies is shown elsewhere. */
export function claimsOf<Claims = Record<string, unknown>>(jws: string): Claims {
  const [, payload = ""] = jws.split(".");
  return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
}
