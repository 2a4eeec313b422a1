/** Beginning a channel to a peer: a fresh secret, sealed once to a claimed key, and the chain that follows. */
import { randomBytes } from "@noble/hashes/utils.js";
import type { Address } from "../../protocol/address.ts";
import { sizeClass } from "../../protocol/envelope.ts";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { keyHash, type OneTimeKey } from "../../protocol/one-time-key.ts";
import { channelStatement } from "./founding.ts";
import { FOUNDING_OVERHEAD, sealFounding } from "./founding-envelope.ts";
import type { ChannelIdentity } from "./identity.ts";
import type { Outgoing } from "./outgoing.ts";
import { SECRET_SIZE } from "./ratchet.ts";

export interface Begun {
  readonly bytes: Uint8Array;
  readonly outgoing: Outgoing;
}

/** The size class of a founding with this plaintext as message 0, or undefined when none holds it. */
export function foundingClass(plaintext: Uint8Array): number | undefined {
  return sizeClass(FOUNDING_OVERHEAD + plaintext.length);
}

/**
 * Founds the channel that follows `before`. The envelope is to live for the longest TTL.
 *
 * @param key verified already
 * @returns undefined when `key` cannot be sealed to
 * @throws RangeError when the plaintext fits no size class
 */
export async function beginChannel(
  identity: ChannelIdentity,
  peer: Address,
  key: OneTimeKey,
  plaintext: Uint8Array,
  before: Outgoing | undefined,
  now: number,
): Promise<Begun | undefined> {
  const size = foundingClass(plaintext);
  if (size === undefined) throw new RangeError("plaintext: longer than a founding holds");
  const claims = {
    secret: randomBytes(SECRET_SIZE),
    founder: identity.address,
    created: now,
    ...(before === undefined ? {} : { previous: { channelId: before.channelId, sealed: before.next } }),
  };
  const signature = identity.sign(channelStatement(claims, peer, keyHash(key.publicKey)));
  const sealed = await sealFounding({ ...claims, signature }, peer, key.publicKey, plaintext, size);
  claims.secret.fill(0);
  if (sealed === undefined) return undefined;
  return {
    bytes: sealed.bytes,
    outgoing: {
      channelId: sealed.channelId,
      chainKey: sealed.nextChainKey,
      next: 1,
      reached: 0,
      confirmed: 0,
      answered: false,
      foundedAt: now,
      foundingEnds: now + MAX_TTL_SECONDS * 1000,
      counter: before?.counter ?? 0,
    },
  };
}
