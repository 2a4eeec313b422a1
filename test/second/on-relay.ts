/** The second implementation with a mailbox at the relay of test/lying/relay.ts, beside the SDK's own devices. */
import { randomBytes } from "node:crypto";
import type { LyingRelay } from "../lying/relay.ts";
import { sign } from "./address.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { type Happening, receive, sealLetter } from "./device.ts";
import { delivered, foundingHeldUntil, type SealOptions } from "./founder.ts";
import { announcements, type Letter } from "./letters.ts";
import type { Withdrawal } from "./linking.ts";
import { type Memory, makeMemory, makePool } from "./memory.ts";
import { ascii } from "./octets.ts";
import type { PublishedKey } from "./one-time-key.ts";
import { statement } from "./statement.ts";
import { LONGEST_TTL } from "./times.ts";

const NO_REACH = { token: new Uint8Array(49), origin: "" };

export interface Mailed {
  readonly relay: LyingRelay;
  readonly memory: Memory;
  readonly aside: Uint8Array[];
  /** As another adds it. */
  readonly card: string;
  /** What it would leave behind when it is linked. */
  readonly withdrawal: Withdrawal;
}

export function mailed(relay: LyingRelay): Mailed {
  const seed = Uint8Array.from(randomBytes(32));
  const { address } = makeMemory(seed, NO_REACH);
  const token = relay.mailboxes.open(address);
  const memory = makeMemory(seed, { token: octetsOf(token), origin: relay.origin });
  const keys = makePool(memory, relay.now, 16).map((key) => ({
    publicKey: toBase64url(key.publicKey),
    lastResort: key.lastResort,
    expires: key.expires,
    signature: toBase64url(key.signature),
  }));
  relay.mailboxes.replaceKeys(address, keys);
  const withdrawn = statement("withdrawal", ascii(address), Uint8Array.from(randomBytes(16)));
  return {
    relay,
    memory,
    aside: [],
    card: `${relay.origin}/card#${address}~${token}`,
    withdrawal: { statement: withdrawn, signature: sign(seed, withdrawn) },
  };
}

/** Seals, and deposits in this order. */
export function send(by: Mailed, letters: readonly Letter[], options: Partial<SealOptions> = {}): void {
  const { relay, memory } = by;
  const sealing = { now: relay.now, ttlSeconds: LONGEST_TTL, ...options };
  for (const letter of letters) {
    for (const sealed of sealLetter(memory, letter, sealing, (device) => claim(relay, device))) {
      const { octets: envelope, ttlSeconds } = sealed;
      const answer = relay.mailboxes.deposit(letter.to, { envelope, ttlSeconds, key: undefined }, relay.now);
      if (answer.state === "delivered") delivered(memory, sealed);
      if (sealed.position === 0 && answer.heldUntil !== undefined) {
        foundingHeldUntil(memory, sealed.channelId, answer.heldUntil);
      }
    }
  }
}

/** Opens all that is held, oldest first, acknowledges it, and tells who should know one's list. */
export function read(by: Mailed): Happening[] {
  const { relay, memory, aside } = by;
  const held = relay.mailboxes.held(memory.address);
  const happened = held.flatMap(({ body }) => receive(memory, aside, body, relay.now));
  relay.mailboxes.erase(
    memory.address,
    held.map(({ id }) => id),
  );
  send(by, announcements(memory));
  return happened;
}

export function textsIn(happened: readonly Happening[]): { author: string; body: string; copied: boolean }[] {
  return happened.flatMap((one) =>
    one.kind === "text" ? [{ author: one.author, body: one.body, copied: one.copied }] : [],
  );
}

function claim(relay: LyingRelay, device: string): PublishedKey | undefined {
  const key = relay.mailboxes.claim(device);
  if (typeof key === "string") return undefined;
  const { publicKey, lastResort, expires, signature } = key;
  return { publicKey: octetsOf(publicKey), lastResort, expires, signature: octetsOf(signature) };
}

function octetsOf(text: string): Uint8Array {
  const octets = fromBase64url(text);
  if (octets === undefined) throw new Error("base64url expected");
  return octets;
}
