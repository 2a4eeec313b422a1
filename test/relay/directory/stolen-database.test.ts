/**
 * Promise 9: whoever has a copy of D1 and not the directory's key tells nothing about any number, though they try
 * exactly those that are in it.
 */
import { env } from "cloudflare:workers";
import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeBase64, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { routeKeys } from "../../../src/protocol/directory/route-keys.ts";
import { directoryKeys } from "../../../src/relay/directory/keys.ts";
import { writeRoute } from "../../../src/relay/directory/route-store.ts";
import { routePlaces, sealedEntry } from "../../../src/relay/directory/sealing.ts";
import { numberHash } from "../../../src/relay/numbers/hash.ts";
import { outputOf } from "../../../src/relay/voprf/evaluation.ts";
import { parsed } from "./stage.ts";

const REGISTERED = 10_000;
/** How many to sign up at once. */
const BATCH = 500;
/** Guesses that cost as much as an evaluation are made for so many only. */
const SAMPLE = 100;
/** And those that cost ten hashes each, for so many. */
const LARGE_SAMPLE = 1000;
const ADDRESS = encodeBase64url(new Uint8Array(32).fill(9));

/** German mobile numbers, in E.164. */
const numbers = Array.from({ length: REGISTERED }, (_, i) => `+4915112${String(i * 97).padStart(6, "0")}`);
const ascii = (number: string) => utf8ToBytes(number);

/** Lists all numbers, by the code that lists one. */
async function register(): Promise<void> {
  const keys = directoryKeys(env);
  for (let from = 0; from < REGISTERED; from += BATCH) {
    const some = numbers
      .slice(from, from + BATCH)
      .map((number) => ({ number, consent: crypto.randomUUID() }));
    const json = JSON.stringify(some.map(({ consent }) => consent));
    const hashes = await Promise.all(
      some.map(async ({ number, consent }) => ({ consent, hash: await numberHash(env, parsed(number)) })),
    );
    await env.RECORDS.batch([
      ...[
        `INSERT INTO consent SELECT value, value, 'c', 2, 'h', '', 'test', 's', 'g', value, 0, 'r', NULL FROM json_each(?)`,
        `INSERT INTO consent_purpose SELECT value, 'discovery', 0 FROM json_each(?)`,
        `INSERT INTO consent_purpose SELECT value, 'number', 0 FROM json_each(?)`,
      ].map((sql) => env.RECORDS.prepare(sql).bind(json)),
      env.RECORDS.prepare(
        `INSERT INTO verified_number SELECT value->>'consent', 'number', value->>'hash', 0 FROM json_each(?)`,
      ).bind(JSON.stringify(hashes)),
      ...some.flatMap(({ number, consent }) =>
        routePlaces(keys, number).map((place) =>
          writeRoute(env.RECORDS, {
            ...{ keyVersion: place.keyVersion, routeId: place.routeId, consentId: consent },
            ...{ entry: sealedEntry(place, ADDRESS, Date.now()), verifiedAt: 1, listedAt: 1 },
          }),
        ),
      ),
    ]);
  }
}

/** Every value of every row of every table. */
async function dump(): Promise<string[]> {
  const { results: tables } = await env.RECORDS.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const values: string[] = [];
  for (const { name } of tables) {
    const { results } = await env.RECORDS.prepare(`SELECT * FROM "${name}"`).all();
    for (const row of results) values.push(...Object.values(row).map(String));
  }
  return values;
}

let stolen: Set<string>;
beforeAll(async () => {
  await register();
  stolen = new Set(await dump());
}, 120_000);

/** The numbers of which any guess stands in the dump as it is. */
function identified(guesses: (number: string) => string[], of = numbers): string[] {
  return of.filter((number) => guesses(number).some((guess) => stolen.has(guess)));
}
const spelled = (bytes: Uint8Array) => [
  bytesToHex(bytes),
  bytesToHex(bytes.subarray(0, 16)),
  bytesToHex(bytes).toUpperCase(),
  encodeBase64url(bytes),
  encodeBase64(bytes),
];

describe("a dump of D1", { timeout: 30_000 }, () => {
  it("has them all in it", async () => {
    const routes = await env.RECORDS.prepare("SELECT COUNT(*) AS n FROM route").first<{ n: number }>();
    expect(routes?.n).toBe(REGISTERED);
    // The same search finds every one of them by the key: it could find something.
    const [key] = directoryKeys(env);
    if (key === undefined) throw new Error("no key");
    const known = identified(
      (number) => {
        const { routeId } = routeKeys(outputOf(key, ascii(number)));
        return spelled(routeId);
      },
      numbers.slice(0, SAMPLE),
    );
    expect(known).toHaveLength(SAMPLE);
  });

  it("has no number in it, in international or national digits", () => {
    const forms = (number: string) => [number, number.slice(1), `0${number.slice(3)}`, number.slice(3)];
    expect(identified((number) => forms(number).flatMap((form) => [form, ...spelled(ascii(form))]))).toEqual(
      [],
    );
    const wanted = new Set(numbers.flatMap(forms));
    const digits = [...stolen].flatMap((value) => value.match(/\d{11,}/g) ?? []);
    const seen = digits.flatMap((run) =>
      [11, 12, 13].flatMap((size) =>
        Array.from({ length: Math.max(0, run.length - size + 1) }, (_, at) => run.slice(at, at + size)),
      ),
    );
    expect(seen.filter((text) => wanted.has(text))).toEqual([]);
  });

  it.each([
    ["MD5", md5],
    ["SHA-1", sha1],
    ["SHA-256", sha256],
    ["SHA-512", sha512],
  ] as const)("has no %s of a number in it", (_, hash) => {
    const forms = (number: string) => [number, number.slice(1), number.slice(3)];
    expect(identified((number) => forms(number).flatMap((form) => spelled(hash(ascii(form)))))).toEqual([]);
  });

  it("has nothing that follows from a number by what everybody knows of the protocol", () => {
    const info = ascii("restante/route/1");
    expect(
      identified(
        (number) => {
          const input = ascii(number);
          const taggish = sha512(input);
          return [
            ...spelled(routeKeys(taggish).routeId),
            ...spelled(hkdf(sha256, input, undefined, info, 48)),
            ...spelled(hmac(sha256, new Uint8Array(32), input)),
            ...spelled(hmac(sha256, info, input)),
          ];
        },
        numbers.slice(0, LARGE_SAMPLE),
      ),
    ).toEqual([]);
  });

  it("has no output of the function under a key that somebody else could have", () => {
    const one = Uint8Array.of(1, ...Array<number>(31).fill(0));
    const other = ristretto255_oprf.voprf.generateKeyPair().secretKey;
    const tags = (number: string) =>
      [one, other].map((secretKey) =>
        outputOf({ version: 1, secretKey, publicKey: new Uint8Array() }, ascii(number)),
      );
    expect(
      identified(
        (number) => tags(number).flatMap((tag) => [...spelled(tag), ...spelled(routeKeys(tag).routeId)]),
        numbers.slice(0, SAMPLE),
      ),
    ).toEqual([]);
  });
});
