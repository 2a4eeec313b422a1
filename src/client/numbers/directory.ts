/** The relay's directory of numbers, as a client reads it: blinded evaluation, then a bucket fetched without a name. */
import { isTorsionFree, parseAddress } from "../../protocol/address.ts";
import { entryIn, MAX_BUCKET_BYTES } from "../../protocol/directory/bucket.ts";
import { type Entry, openEntry } from "../../protocol/directory/entry.ts";
import { tagInput } from "../../protocol/directory/number-tag.ts";
import { formatPrefix, prefixOf } from "../../protocol/directory/prefix.ts";
import { type RouteKeys, routeKeys } from "../../protocol/directory/route-keys.ts";
import { MAX_EVALUATIONS } from "../../protocol/limits.ts";
import { pathOf, ROUTES } from "../../protocol/routes.ts";
import { RelayProblem, RelayProtocolError } from "../relay-problem.ts";
import type { Session } from "../session.ts";
import { callOpen, fetchOctets } from "../transport.ts";
import { type DirectoryKey, type DirectoryParameters, readParameters } from "./answers.ts";
import { evaluate } from "./evaluating.ts";

/** As long as the relay lets caches keep them. */
const PARAMETERS_LAST = 5 * 60 * 1000;

/** Buckets fetched at once. */
const FETCHES_AT_ONCE = 4;

export class Directory {
  readonly #session: Session;
  #known: { readonly parameters: DirectoryParameters; readonly at: number } | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @throws RelayProblem (`no-directory`): this relay has none */
  async parameters(fresh = false): Promise<DirectoryParameters> {
    const { platform, identity } = this.#session;
    const now = platform.now();
    if (!fresh && this.#known !== undefined && now - this.#known.at < PARAMETERS_LAST)
      return this.#known.parameters;
    const call = { method: "GET", path: ROUTES.directory } as const;
    const parameters = readParameters(await callOpen<unknown>(platform, identity.relay, call));
    this.#known = { parameters, at: now };
    return parameters;
  }

  /**
   * Looks numbers up, each only once, under every key that is live: while one takes the other's place, not everybody
   * is listed under both.
   *
   * @param numbers E.164
   * @param found told after each batch, so that what was paid for is kept if a later one fails
   */
  async lookUp(
    numbers: readonly string[],
    found: (entries: ReadonlyMap<string, Entry | undefined>) => Promise<void>,
  ): Promise<void> {
    const { keys } = await this.parameters();
    for (let at = 0; at < numbers.length; at += MAX_EVALUATIONS) {
      const batch = numbers.slice(at, at + MAX_EVALUATIONS);
      const entries = new Map<string, Entry | undefined>(batch.map((number) => [number, undefined]));
      for (const key of keys) {
        const open = batch.filter((number) => entries.get(number) === undefined);
        if (open.length === 0) break;
        for (const [number, entry] of await this.#lookUpUnder(key, open)) entries.set(number, entry);
      }
      await found(entries);
    }
  }

  async #lookUpUnder(key: DirectoryKey, numbers: readonly string[]): Promise<Map<string, Entry>> {
    const evaluator = { kind: "directory", path: ROUTES.evaluations, batch: MAX_EVALUATIONS } as const;
    const tags = await evaluate(this.#session, evaluator, key, numbers.map(tagInput));
    const sought = tags.map(routeKeys);
    try {
      return await this.#readBuckets(key, numbers, sought);
    } catch (error) {
      if (!(error instanceof RelayProblem) || error.code !== "no-bucket") throw error;
      // The directory has grown or shrunk since its width was read.
      const { keys } = await this.parameters(true);
      const now = keys.find(({ version }) => version === key.version);
      return now === undefined ? new Map() : this.#readBuckets(now, numbers, sought);
    }
  }

  async #readBuckets(
    { version, width }: DirectoryKey,
    numbers: readonly string[],
    sought: readonly RouteKeys[],
  ): Promise<Map<string, Entry>> {
    const prefixes = sought.map(({ routeId }) => formatPrefix(prefixOf(routeId, width)));
    const waiting = [...new Set(prefixes)];
    const buckets = new Map<string, Uint8Array>();
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const path = pathOf(ROUTES.directoryBucket, { version: String(version), prefix: next });
        const { platform, identity } = this.#session;
        buckets.set(next, await fetchOctets(platform, identity.relay, path, MAX_BUCKET_BYTES));
      }
    };
    await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, work));
    const entries = new Map<string, Entry>();
    for (const [i, number] of numbers.entries()) {
      const keys = sought[i];
      const bucket = buckets.get(prefixes[i] ?? "");
      const entry = keys && bucket && readEntry(bucket, keys);
      if (entry !== undefined) entries.set(number, entry);
    }
    return entries;
  }
}

function readEntry(bucket: Uint8Array, keys: RouteKeys): Entry | undefined {
  const sealed = entryIn(bucket, keys.routeId);
  if (sealed === undefined) return undefined;
  const entry = sealed === "malformed" ? undefined : openEntry(sealed, keys);
  const address = entry && parseAddress(entry.address);
  if (address === undefined || !isTorsionFree(address))
    throw new RelayProtocolError("The relay's directory holds what is no entry.");
  return entry;
}
