/**
 * The relay's signed word that a deposit was taken back (docs/protocol.md, Receipts). It is believed only when it
 * is signed by a key of the relay that was asked, of the right type (RFC 8725 §3.11), and about this very deposit:
 * a text goes by SMS on the strength of it.
 */
import type { JSONWebKeySet } from "jose";
import { RelayProtocolError } from "../relay-problem.ts";
import { claimsSignedBy, fetchKeySet } from "../signed-word.ts";
import type { Platform } from "../transport.ts";

const TYPE = "restante-revocation+jwt";

export interface RevokedDeposit {
  /** The device whose mailbox it was in. */
  readonly address: string;
  /** The deposit's key, base64url. */
  readonly key: string;
}

/** Key sets of relays, fetched when one is first needed and again when a proof names a key that is not in it. */
export class RelayKeys {
  readonly #platform: Platform;
  readonly #sets = new Map<string, JSONWebKeySet>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** @throws RelayProtocolError when it proves nothing; RelayUnreachableError, RelayProblem when the keys can't be had */
  async verify(relay: string, proof: string, deposit: RevokedDeposit): Promise<void> {
    const known = this.#sets.get(relay);
    if (known !== undefined && (await isProof(known, proof, deposit))) return;
    const fetched = await fetchKeySet(this.#platform, relay);
    this.#sets.set(relay, fetched);
    if (!(await isProof(fetched, proof, deposit)))
      throw new RelayProtocolError("The relay's proof of the revocation does not hold.");
  }
}

async function isProof(
  keys: JSONWebKeySet,
  proof: string,
  { address, key }: RevokedDeposit,
): Promise<boolean> {
  const claims = await claimsSignedBy(keys, proof, TYPE);
  return claims?.address === address && claims.deposit === key && claims.state === "revoked";
}
