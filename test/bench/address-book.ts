/** Looking a whole address book up, with the protocol's own code: what the client does, and what it waits for. */
import type { DirectoryAnswer, EvaluationsAnswer } from "../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { entryIn } from "../../src/protocol/directory/bucket.ts";
import { openEntry } from "../../src/protocol/directory/entry.ts";
import { tagInput } from "../../src/protocol/directory/number-tag.ts";
import { formatPrefix, prefixOf } from "../../src/protocol/directory/prefix.ts";
import { type RouteKeys, routeKeys } from "../../src/protocol/directory/route-keys.ts";
import { MAX_EVALUATIONS } from "../../src/protocol/limits.ts";
import { blind, finalize } from "../../src/protocol/voprf.ts";
import type { RawDevice } from "../scenario/raw-device.ts";

/** Buckets that a client fetches at once. */
const FETCHED_AT_ONCE = 6;

interface Spent {
  /** ms of the client's own work. */
  client: number;
  /** ms of waiting for the relay, each call by itself. */
  relay: number;
}

const octets = (text: string) => decodeBase64url(text) ?? new Uint8Array();

/** From numbers to what opens their entries. */
export async function tagsOf(device: RawDevice, numbers: readonly string[]) {
  const spent: Spent = { client: 0, relay: 0 };
  const batches: number[] = [];
  const { keys } = await parameters(device.origin);
  const publicKey = octets(keys[0]?.publicKey ?? "");
  const found: RouteKeys[] = [];
  for (let from = 0; from < numbers.length; from += MAX_EVALUATIONS) {
    const some = numbers.slice(from, from + MAX_EVALUATIONS);
    const batch = timed(spent, () => some.map((number) => blind(tagInput(number))));
    const json = { version: 1, elements: batch.map(({ element }) => encodeBase64url(element)) };
    const before = performance.now();
    const response = await device.signed("POST", "/v1/directory/evaluations", { json });
    if (response.status !== 200) throw new Error(await response.text());
    const answer = (await response.json()) as EvaluationsAnswer;
    batches.push(performance.now() - before);
    spent.relay += batches.at(-1) ?? 0;
    const outputs = timed(spent, () =>
      finalize(batch, publicKey, {
        evaluations: answer.evaluations.map(octets),
        proof: octets(answer.proof),
      }),
    );
    if (outputs === undefined) throw new Error("the proof does not hold");
    found.push(...timed(spent, () => outputs.map(routeKeys)));
  }
  return { keys: found, spent, batches };
}

/** From there to the entries, each bucket once. */
export async function entriesOf(origin: string, keys: readonly RouteKeys[]) {
  const spent: Spent = { client: 0, relay: 0 };
  const [current] = (await parameters(origin)).keys;
  const width = current?.width ?? 0;
  const byPrefix = Map.groupBy(keys, ({ routeId }) => formatPrefix(prefixOf(routeId, width)));
  const queue = [...byPrefix];
  const sizes: number[] = [];
  let found = 0;
  const fetching = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [prefix, sought] = next;
      const before = performance.now();
      const response = await fetch(`${origin}/v1/directory/1/${prefix}`);
      if (response.status !== 200) throw new Error(await response.text());
      const bucket = new Uint8Array(await response.arrayBuffer());
      spent.relay += performance.now() - before;
      sizes.push(bucket.length);
      timed(spent, () => {
        for (const one of sought) {
          const entry = entryIn(bucket, one.routeId);
          if (entry === "malformed") throw new Error("no bucket");
          if (entry !== undefined && openEntry(entry, one) !== undefined) found++;
        }
      });
    }
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, fetching));
  return { width, sizes, found, spent, took: performance.now() - before, prefixes: [...byPrefix.keys()] };
}

async function parameters(origin: string): Promise<DirectoryAnswer> {
  return (await fetch(`${origin}/v1/directory`)).json() as Promise<DirectoryAnswer>;
}

function timed<T>(spent: Spent, work: () => T): T {
  const before = performance.now();
  const done = work();
  spent.client += performance.now() - before;
  return done;
}
