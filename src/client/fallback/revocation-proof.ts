/**
 * The relay's signed word that a deposit was taken back (docs/protocol.md, Receipts). It is believed only when it
 * is signed by a key of the relay that was asked, of the right type (RFC 8725 §3.11), and about this very deposit:
 * a text goes by SMS on the strength of it.
 */
import type { JSONWebKeySet } from "jose";
import { ROUTES } from "../../protocol/routes.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import { RelayProtocolError } from "../relay-problem.ts";
import { callOpen, type Platform } from "../transport.ts";

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
    const fetched = await callOpen<JSONWebKeySet>(this.#platform, relay, {
      method: "GET",
      path: ROUTES.keySet,
    });
    if (!Array.isArray(fetched.keys)) throw new RelayProtocolError("The relay's key set has another form.");
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
  // Few apps' texts fall back to SMS: the others need not load it.
  const { compactVerify, createLocalJWKSet, errors } = await import("jose");
  try {
    const { payload } = await compactVerify(proof, createLocalJWKSet(keys), {
      algorithms: ["EdDSA"],
    }).then((verified) => (verified.protectedHeader.typ === TYPE ? verified : Promise.reject(NOT_OURS)));
    const claims = JSON.parse(decodeUtf8(payload) ?? "");
    return claims.address === address && claims.deposit === key && claims.state === "revoked";
  } catch (error) {
    if (error === NOT_OURS || error instanceof errors.JOSEError || error instanceof SyntaxError) return false;
    // What is no key at all makes the platform's own cryptography throw.
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

const NOT_OURS = new Error("another type");
