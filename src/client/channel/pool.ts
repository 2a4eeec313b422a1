/**
 * The keys that others found channels to this device on. Their private halves: vault entry `key/<key id>`,
 *
 *     0x01 when last-resort, else 0x00 | ends 8 | SHA-256 of the public key 32 | private key 32
 *
 * A one-time key goes with the founding it opened. The last-resort key stays until its end, and with it the
 * power to open its foundings again; so do keys that nobody used, unless the relay says which were unclaimed.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { Cursor } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { KEY_KEPT, KEY_SERVED, MAX_ONE_TIME_KEYS } from "../../protocol/limits.ts";
import { KEY_ID_SIZE, keyHash, type OneTimeKey, oneTimeKeyStatement } from "../../protocol/one-time-key.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import type { FoundingKey } from "./founding-envelope.ts";
import { generateKeyPair, PRIVATE_KEY_SIZE } from "./hpke.ts";
import type { ChannelIdentity } from "./identity.ts";

const PREFIX = "key/";
const HASH_SIZE = 32;

export interface PrivateKey extends FoundingKey {
  readonly lastResort: boolean;
  readonly ends: number;
}

/** The platform's time, which others compare, and the one that never runs back, by which the private half ends. */
export interface Times {
  readonly now: number;
  readonly life: number;
}

/**
 * Makes a pool: `count` one-time keys and, last, one last-resort key, signed, private halves in the draft. The
 * pool before is not touched: until the relay has taken this one it serves that, and foundings on it may be
 * under way until its keys end.
 *
 * @param life the time by which private halves end (life-clock.ts), where it is not the platform's
 * @throws RangeError when the pool would not fit a mailbox
 */
export async function makePool(
  draft: VaultDraft,
  identity: ChannelIdentity,
  now: number,
  count: number,
  life = now,
): Promise<OneTimeKey[]> {
  if (!Number.isInteger(count) || count < 0 || count >= MAX_ONE_TIME_KEYS)
    throw new RangeError(`count: 0 to ${MAX_ONE_TIME_KEYS - 1} expected`);
  const pool: OneTimeKey[] = [];
  for (let i = 0; i <= count; i++) pool.push(await makeKey(draft, identity, { now, life }, i === count));
  return pool;
}

/** Makes one more one-time key, for a peer who is given it inside a text. */
export function makeOneTimeKey(
  draft: VaultDraft,
  identity: ChannelIdentity,
  times: Times,
): Promise<OneTimeKey> {
  return makeKey(draft, identity, times, false);
}

/** The private half of a key that may still open a founding. */
export function getPrivateKey(reader: VaultReader, id: Uint8Array, now: number): PrivateKey | undefined {
  const bytes = reader.get(PREFIX + encodeBase64url(id));
  const key = bytes && decodePrivateKey(bytes);
  return key === undefined || key.ends <= now ? undefined : key;
}

/** Whether a founding on the key of this id, in base64url, would be looked at. */
export function isKeyHere(reader: VaultReader, id: string): boolean {
  return reader.get(PREFIX + id) !== undefined;
}

/**
 * Destroys private halves: of a one-time key that opened its founding, and of keys that the relay erased
 * without anyone having claimed them.
 */
export function dropKeys(draft: VaultDraft, ids: readonly Uint8Array[]): void {
  for (const id of ids) draft.delete(PREFIX + encodeBase64url(id));
}

export function sweepKeys(draft: VaultDraft, now: number): void {
  for (const [name, bytes] of draft.list(PREFIX)) if (decodePrivateKey(bytes).ends <= now) draft.delete(name);
}

async function makeKey(
  draft: VaultDraft,
  identity: ChannelIdentity,
  { now, life }: Times,
  lastResort: boolean,
): Promise<OneTimeKey> {
  const { publicKey, privateKey } = await generateKeyPair();
  const key = { publicKey, lastResort, expires: now + KEY_SERVED };
  const hash = keyHash(publicKey);
  draft.put(
    PREFIX + encodeBase64url(hash.slice(0, KEY_ID_SIZE)),
    concatBytes(Uint8Array.of(lastResort ? 1 : 0), encodeInteger(life + KEY_KEPT), hash, privateKey),
  );
  return { ...key, signature: identity.sign(oneTimeKeyStatement(identity.address.text, key)) };
}

function decodePrivateKey(bytes: Uint8Array): PrivateKey {
  const cursor = new Cursor(bytes);
  return {
    lastResort: cursor.octet() === 1,
    ends: cursor.integer(),
    keyHash: cursor.octets(HASH_SIZE),
    privateKey: cursor.octets(PRIVATE_KEY_SIZE),
  };
}
