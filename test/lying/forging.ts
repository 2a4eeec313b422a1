/** Foundings and messages as only a dishonest peer makes them: sealed as they must be, and wrong inside. */
import { concatBytes } from "@noble/hashes/utils.js";
import { encodeMessage } from "../../src/client/channel/content.ts";
import { channelStatement, encodeFounding, type Founding } from "../../src/client/channel/founding.ts";
import { FOUNDING_OVERHEAD, foundingInfo } from "../../src/client/channel/founding-envelope.ts";
import { hpkeSeal } from "../../src/client/channel/hpke.ts";
import { associatedData, SEAL_OVERHEAD, sealMessage } from "../../src/client/channel/message.ts";
import { getOutgoing } from "../../src/client/channel/outgoing.ts";
import { firstChainKey, step } from "../../src/client/channel/ratchet.ts";
import type { Address } from "../../src/protocol/address.ts";
import { ENVELOPE_HEADER_SIZE, encodeEnvelope } from "../../src/protocol/envelope.ts";
import { keyHash, keyId, type OneTimeKey } from "../../src/protocol/one-time-key.ts";
import { type Actor, START } from "../client/channel/scene.ts";

interface Recipient {
  readonly identity: { readonly address: Address };
}

export const BARE = encodeMessage({
  head: { sentAt: START, known: 0 },
  counter: 0,
  content: { kind: "bare" },
});

export interface Forgery {
  /** What the founding claims; the rest is as `by` would say it. */
  readonly claims?: Partial<Founding>;
  /** Of what is sealed with HPKE. */
  readonly change?: (founding: Uint8Array) => Uint8Array;
  /** Of message 0. */
  readonly plaintext?: Uint8Array;
  /** Whom the seal names, when that is not `to`. */
  readonly recipient?: Recipient;
  /** Which key the envelope names, when that is not `key`. */
  readonly named?: OneTimeKey;
  /** What the seal says of the envelope's size. */
  readonly saidSize?: number;
}

/** A founding by `by` on a key of `to`'s; with nothing forged, one that opens. */
export async function forgeFounding(
  by: Pick<Actor, "identity">,
  to: Recipient,
  key: OneTimeKey,
  forgery: Forgery = {},
): Promise<Uint8Array> {
  const { claims = {}, change = (same) => same, plaintext = BARE, named = key, saidSize = 2048 } = forgery;
  const recipient = (forgery.recipient ?? to).identity.address;
  const unsigned = {
    secret: new Uint8Array(32).fill(7),
    founder: by.identity.address,
    created: START,
    ...claims,
  };
  const statement = channelStatement(unsigned, recipient, keyHash(key.publicKey));
  const founding = { signature: by.identity.sign(statement), ...unsigned };
  const sealed = await hpkeSeal(
    key.publicKey,
    foundingInfo(recipient, keyHash(key.publicKey)),
    associatedData(keyId(named.publicKey), saidSize),
    change(encodeFounding(founding)),
  );
  if (sealed === undefined) throw new Error("not sealed");
  const room = 2048 - (FOUNDING_OVERHEAD - SEAL_OVERHEAD);
  const message = sealMessage(step(firstChainKey(unsigned.secret, statement)), plaintext, room, 2048);
  return encodeEnvelope(keyId(named.publicKey), concatBytes(sealed.enc, sealed.ciphertext, message));
}

/** Any plaintext as the next message of `by`'s channel to `to`, which stays where it is. */
export function forgeMessage(by: Actor, to: Actor, plaintext: Uint8Array, size = 2048): Uint8Array {
  const chainKey = getOutgoing(by.vault, to.identity.address.text)?.chainKey;
  if (chainKey === undefined) throw new Error("no channel");
  const next = step(chainKey);
  return encodeEnvelope(next.tag, sealMessage(next, plaintext, size - ENVELOPE_HEADER_SIZE, size));
}
