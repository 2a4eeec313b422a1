/**
 * Every secret of the relay is derived by label from one versioned root, `ROOT_SECRET`:
 *
 *     version ":" 32 octets in base64url        several separated by commas, the first is current
 *
 * New tokens and receipts are made under the current version. Older ones stay listed for as long as what was
 * made under them shall verify. Derivation is HKDF-SHA256 (RFC 5869) without salt, the root being uniformly
 * random, and `info` = "restante/secret/1", 0x00, label.
 *
 * The VOPRF key of the number directory is deliberately not derived here: whoever holds it can try all
 * numbers, and all route ids depend on it, so it is kept apart and rotates on a schedule of its own.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url } from "../../protocol/base64url.ts";

/** What a derived secret is for. One label, one use. */
export type SecretLabel =
  | "delivery-token"
  | "receipts"
  | "rate-limit"
  | "number"
  | "number-proof"
  | "budget"
  | "one-time-code"
  | "directory-dummies";

const SECRET_SIZE = 32;
const VERSION = /^(0|[1-9][0-9]{0,2})$/;
const MAX_VERSION = 255;

export interface DerivedSecret {
  /** The root's version, 0 to 255. */
  readonly version: number;
  /** 32 octets. */
  readonly bytes: Uint8Array;
}

interface Root {
  readonly text: string;
  /** In the order given: the first is current. */
  readonly versions: ReadonlyMap<number, Uint8Array>;
  readonly derived: Map<string, DerivedSecret>;
}

// An isolate meets one root in its life; derivations are kept so that a deposit does not pay for HKDF.
let cached: Root | undefined;

/**
 * Derives the secret for `label`: under the current root, or under `version`.
 *
 * @returns undefined when `version` is given and the root has no such version (any more).
 * @throws Error when `rootSecret` is malformed. The message does not contain it.
 */
export function deriveSecret(rootSecret: string, label: SecretLabel): DerivedSecret;
export function deriveSecret(
  rootSecret: string,
  label: SecretLabel,
  version: number,
): DerivedSecret | undefined;
export function deriveSecret(
  rootSecret: string,
  label: SecretLabel,
  version?: number,
): DerivedSecret | undefined {
  const root = readRoot(rootSecret);
  const chosen = version ?? currentVersion(root);
  const name = `${chosen}/${label}`;
  const known = root.derived.get(name);
  if (known !== undefined) return known;
  const ikm = root.versions.get(chosen);
  if (ikm === undefined) return undefined;
  const info = utf8ToBytes(`restante/secret/1\0${label}`);
  const secret = { version: chosen, bytes: hkdf(sha256, ikm, undefined, info, SECRET_SIZE) };
  root.derived.set(name, secret);
  return secret;
}

/**
 * The versions that the root lists, the current one first.
 *
 * @throws Error when `rootSecret` is malformed. The message does not contain it.
 */
export function rootVersions(rootSecret: string): number[] {
  return [...readRoot(rootSecret).versions.keys()];
}

function currentVersion(root: Root): number {
  for (const version of root.versions.keys()) return version;
  throw malformed();
}

function readRoot(text: string): Root {
  if (cached?.text === text) return cached;
  // A missing variable reaches us as undefined, whatever its type says.
  if (typeof text !== "string") throw malformed();
  const versions = new Map<number, Uint8Array>();
  for (const entry of text.split(",")) {
    const [version = "", secret = "", ...rest] = entry.split(":");
    const bytes = decodeBase64url(secret, SECRET_SIZE);
    const wellFormed = VERSION.test(version) && Number(version) <= MAX_VERSION && rest.length === 0;
    if (!wellFormed || bytes === undefined || versions.has(Number(version))) throw malformed();
    versions.set(Number(version), bytes);
  }
  cached = { text, versions, derived: new Map() };
  return cached;
}

function malformed(): Error {
  return new Error('ROOT_SECRET: "version:32 octets in base64url" expected, or several separated by commas');
}
