/** Two or more devices with vaults of their own, as the channel room sees them. */
import { ed25519 } from "@noble/curves/ed25519.js";
import type { ChannelIdentity } from "../../../src/client/channel/identity.ts";
import { type Opened, type OpenOutcome, openEnvelope } from "../../../src/client/channel/opening.ts";
import { makePool } from "../../../src/client/channel/pool.ts";
import { type SealedEnvelope, type SealOptions, sealText } from "../../../src/client/channel/sealing.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import type { Vault } from "../../../src/client/vault/vault.ts";
import { formatAddress, parseAddress } from "../../../src/protocol/address.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { MAX_TTL_SECONDS } from "../../../src/protocol/limits.ts";
import type { OneTimeKey } from "../../../src/protocol/one-time-key.ts";

export const START = Date.UTC(2026, 0, 5, 12);
export const WEEK = MAX_TTL_SECONDS;

export interface Actor {
  readonly identity: ChannelIdentity;
  readonly vault: Vault;
  /** Keys as the relay would hand them out; the last is the last-resort key. */
  pool: OneTimeKey[];
}

export async function actor(keys = 4, now = START, jurisdiction = ""): Promise<Actor> {
  const { secretKey, publicKey } = ed25519.keygen();
  const address = parseAddress(formatAddress(publicKey, jurisdiction));
  if (address === undefined) throw new Error("no address");
  const identity = { address, sign: (data: Uint8Array) => ed25519.sign(data, secretKey) };
  const vault = new MemoryVault();
  const pool = await vault.transaction((draft) => makePool(draft, identity, now, keys));
  return { identity, vault, pool };
}

/** Another device, or another time, with the same entries: what a thief of the vault has. */
export async function copyOf(original: Actor, identity = original.identity): Promise<Actor> {
  const vault = new MemoryVault();
  const entries = original.vault.list("");
  await vault.transaction((draft) => {
    for (const [name, value] of entries) draft.put(name, value);
  });
  return { identity, vault, pool: [] };
}

/** All entries, to see that nothing changed. */
export function entriesOf(device: Actor): string[] {
  return device.vault.list("").map(([name, value]) => `${name}=${encodeBase64url(value)}`);
}

export function claim(from: Actor): OneTimeKey {
  const key = from.pool.length > 1 ? from.pool.shift() : from.pool[0];
  if (key === undefined) throw new Error("no key left");
  return key;
}

export function trySeal(from: Actor, to: Actor, body: string, options: Partial<SealOptions> = {}) {
  return from.vault.transaction((draft) =>
    sealText(draft, from.identity, to.identity.address, body, {
      now: START,
      ttlSeconds: WEEK,
      revocable: false,
      ...options,
    }),
  );
}

/** Seals, claiming a key of the recipient's when one is needed. */
export async function seal(from: Actor, to: Actor, body: string, options: Partial<SealOptions> = {}) {
  const first = await trySeal(from, to, body, options);
  const result =
    first.outcome === "key-needed"
      ? await trySeal(from, to, body, { ...options, claimed: claim(to) })
      : first;
  if (result.outcome !== "sealed") throw new Error(`not sealed: ${result.outcome}`);
  return result.envelopes;
}

/** Seals what must be one envelope. */
export async function sealOne(from: Actor, to: Actor, body: string, options: Partial<SealOptions> = {}) {
  const [envelope, ...more] = await seal(from, to, body, options);
  if (envelope === undefined || more.length > 0) throw new Error("one envelope expected");
  return envelope;
}

export function open(by: Actor, envelope: SealedEnvelope | Uint8Array, now = START): Promise<OpenOutcome> {
  const bytes = envelope instanceof Uint8Array ? envelope : envelope.bytes;
  return by.vault.transaction((draft) => openEnvelope(draft, by.identity, bytes, now));
}

export async function opened(by: Actor, envelope: SealedEnvelope | Uint8Array, now = START): Promise<Opened> {
  const result = await open(by, envelope, now);
  if (result.outcome !== "opened") throw new Error(`not opened: ${result.outcome}`);
  return result;
}

export async function bodyOf(by: Actor, envelope: SealedEnvelope | Uint8Array, now = START): Promise<string> {
  const { plaintext } = await opened(by, envelope, now);
  return plaintext.kind === "text" ? plaintext.body : "";
}

/** A founded channel from `one` to `two`, its first text opened. */
export async function acquainted(one: Actor, two: Actor, now = START): Promise<void> {
  await opened(two, await sealOne(one, two, "hello", { now }), now);
}

export function flip(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
