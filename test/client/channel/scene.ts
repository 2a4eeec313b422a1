/** Two or more devices with vaults of their own, as the channel room sees them. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { FoundingBudget } from "../../../src/client/channel/budget.ts";
import type { Content } from "../../../src/client/channel/content.ts";
import { conversationOf } from "../../../src/client/channel/conversation.ts";
import type { ChannelIdentity } from "../../../src/client/channel/identity.ts";
import {
  type Admit,
  type Opened,
  type OpenOutcome,
  openEnvelope,
} from "../../../src/client/channel/opening.ts";
import { makePool } from "../../../src/client/channel/pool.ts";
import {
  type SealedEnvelope,
  type SealOptions,
  seal as sealContent,
} from "../../../src/client/channel/sealing.ts";
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

/** A text, unless another content is given. */
export type SceneOptions = Partial<SealOptions> & { revocable?: boolean; content?: Content };

export function trySeal(from: Actor, to: Actor, body: string, options: SceneOptions = {}) {
  const { revocable = false, content, ...rest } = options;
  const text: Content = {
    kind: "text",
    id: randomBytes(16),
    ...conversationOf(from.identity.address, to.identity.address),
    revocable,
    body,
  };
  return from.vault.transaction((draft) =>
    sealContent(draft, from.identity, to.identity.address, content ?? text, {
      now: START,
      ttlSeconds: WEEK,
      ...rest,
    }),
  );
}

/** Seals, claiming a key of the recipient's when one is needed. */
export async function seal(from: Actor, to: Actor, body: string, options: SceneOptions = {}) {
  const first = await trySeal(from, to, body, options);
  const result =
    first.outcome === "key-needed"
      ? await trySeal(from, to, body, { ...options, claimed: claim(to) })
      : first;
  if (result.outcome !== "sealed") throw new Error(`not sealed: ${result.outcome}`);
  return result.envelopes;
}

/** Seals what must be one envelope. */
export async function sealOne(from: Actor, to: Actor, body: string, options: SceneOptions = {}) {
  const [envelope, ...more] = await seal(from, to, body, options);
  if (envelope === undefined || more.length > 0) throw new Error("one envelope expected");
  return envelope;
}

/** Takes texts of the two's own conversation, as a device that knows no other does. */
function admitPair(by: Actor): Admit {
  return (from, { content }) => {
    if (content.kind !== "text" && content.kind !== "part") return "admitted";
    const { conversation } = conversationOf(by.identity.address, from);
    return conversation.every((octet, i) => octet === content.conversation[i]) ? "admitted" : "refused";
  };
}

export function open(
  by: Actor,
  envelope: SealedEnvelope | Uint8Array,
  now = START,
  budget = new FoundingBudget(),
): Promise<OpenOutcome> {
  const bytes = envelope instanceof Uint8Array ? envelope : envelope.bytes;
  const context = { identity: by.identity, now, budget, admit: admitPair(by) };
  return by.vault.transaction((draft) => openEnvelope(draft, context, bytes));
}

export async function opened(by: Actor, envelope: SealedEnvelope | Uint8Array, now = START): Promise<Opened> {
  const result = await open(by, envelope, now);
  if (result.outcome !== "opened") throw new Error(`not opened: ${result.outcome}`);
  return result;
}

export async function bodyOf(by: Actor, envelope: SealedEnvelope | Uint8Array, now = START): Promise<string> {
  const { content } = (await opened(by, envelope, now)).message;
  return content.kind === "text" ? content.body : "";
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
