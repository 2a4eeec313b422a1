import { env } from "cloudflare:workers";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { entryIn, ROW_SIZE } from "../../../src/protocol/directory/bucket.ts";
import { ENTRY_SIZE } from "../../../src/protocol/directory/entry.ts";
import { prefixOf } from "../../../src/protocol/directory/prefix.ts";
import { entriesUnder } from "../../../src/relay/directory/bucket-store.ts";
import { refusal } from "../edge/signing-device.ts";
import { anyNumber, bucket, get, Listed, octets, parameters, rows } from "./stage.ts";

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));

/** Rows under consents of their own, as many as the directory would have after years. */
async function populate(count: number, keyVersion = 1): Promise<Uint8Array[]> {
  const made = Array.from({ length: count }, () => ({
    routeId: random(16),
    entry: encodeBase64url(random(ENTRY_SIZE)),
    consent: crypto.randomUUID(),
  }));
  const json = JSON.stringify(made.map((row) => ({ ...row, routeId: bytesToHex(row.routeId) })));
  await env.RECORDS.batch(
    [
      `INSERT INTO consent SELECT value->>'consent', value->>'consent', 'c', 2, 'h', '', 'test', 's', 'g',
         value->>'consent', 0, 'r', NULL FROM json_each(?)`,
      `INSERT INTO consent_purpose SELECT value->>'consent', 'discovery', 0 FROM json_each(?)`,
      `INSERT INTO route SELECT ${keyVersion}, value->>'routeId', value->>'consent', 'discovery', 2,
         value->>'entry', 0, 0 FROM json_each(?)`,
    ].map((sql) => env.RECORDS.prepare(sql).bind(json)),
  );
  return made.map(({ routeId }) => routeId);
}

describe("the directory's buckets", () => {
  it("are read by anyone, without a signature, and may be kept for a minute", async () => {
    await Listed.under(anyNumber());
    const answer = await get("/v1/directory/1/all");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=60");
    expect((await get("/v1/directory")).headers.get("cache-control")).toBe("public, max-age=300");
    const { keys, introductionKeys } = await parameters();
    expect(keys).toEqual([{ version: 1, publicKey: expect.stringMatching(/^[\w-]{43}$/), width: 0 }]);
    expect(introductionKeys).toEqual([{ version: 1, publicKey: expect.stringMatching(/^[\w-]{43}$/) }]);
    expect(introductionKeys[0]?.publicKey).not.toBe(keys[0]?.publicKey);
  });

  it("are the same at each fetch, though nothing is stored to fill them up", async () => {
    await Listed.under(anyNumber());
    const stored = (await rows("route")).length;
    const [once, again] = [await bucket("all"), await bucket("all")];
    expect(once).toEqual(again);
    expect(once.length / ROW_SIZE).toBeGreaterThan(stored);
    expect(await rows("route")).toHaveLength(stored);
  });

  it("grow in number and not in size with the directory, and hold every entry at each width that is served", async () => {
    const before = (await rows("route")).length;
    const made = await populate(800 - before);
    expect((await parameters()).keys[0]?.width).toBe(3);
    for (const width of [2, 3, 4]) {
      const loaded = new Map<string, Uint8Array>();
      for (const routeId of made) {
        const { bits } = prefixOf(routeId, width);
        const octetsOf = loaded.get(bits) ?? (await bucket(bits));
        loaded.set(bits, octetsOf);
        expect(entryIn(octetsOf, routeId)).toHaveLength(ENTRY_SIZE);
      }
      expect(loaded.size).toBe(2 ** width);
    }
    for (const path of ["all", "0", "10101", "2", "", "ALL", "0".repeat(33)]) {
      const [status, code] = await refusal(get(`/v1/directory/1/${path}`));
      expect([status, code], path).toEqual([404, path === "" ? "not-found" : "no-bucket"]);
    }
    for (const version of ["2", "0", "01", "x", "-1", "256", "1000"])
      expect(await refusal(get(`/v1/directory/${version}/000`)), version).toEqual([404, "no-bucket"]);
  });

  it("cost one row of D1 an entry, and the one behind them", async () => {
    const prefix = { width: 3, bits: "010" };
    const reads: number[] = [];
    const counting = {
      prepare: (sql: string) => ({
        bind: (...values: unknown[]) => ({
          all: async () => {
            const result = await env.RECORDS.prepare(sql)
              .bind(...values)
              .all();
            reads.push(result.meta.rows_read);
            return result;
          },
        }),
      }),
    } as unknown as D1Database;
    const entries = await entriesUnder(counting, 1, prefix, { materialSince: 1, now: Date.now() });
    expect(entries.length).toBeGreaterThan(50);
    expect(reads).toEqual([entries.length + 1]);
  });

  it("are counted by what is really there, whichever way a row goes", async () => {
    const counted = async () => {
      const sizes = await rows("directory_size");
      const { results } = await env.RECORDS.prepare(
        "SELECT key_version, COUNT(*) AS routes FROM route GROUP BY key_version",
      ).all();
      expect(sizes.filter(({ routes }) => routes !== 0)).toEqual(results);
      return sizes.find((row) => row.key_version === 1)?.routes;
    };
    const before = Number(await counted());
    const [anna, bert, carl] = [
      await Listed.under(anyNumber()),
      await Listed.under(anyNumber()),
      await Listed.under(anyNumber()),
    ];
    expect(await counted()).toBe(before + 3);
    await anna.device.withdraw();
    await bert.unlist();
    await carl.agree(["messaging", "number"]);
    expect(await counted()).toBe(before);
  });

  it("have entries that only the number's tag opens: nothing of the row is in what D1 has beside it", async () => {
    const anna = await Listed.under(anyNumber());
    const row = (await rows("route")).find(({ consent_id }) => consent_id === anna.consentId);
    const entry = octets(String(row?.entry));
    expect(entry).toHaveLength(ENTRY_SIZE);
    expect(new TextDecoder("latin1").decode(entry)).not.toContain(anna.address.slice(0, 8));
  });
});
