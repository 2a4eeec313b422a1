/**
 * Secrets derived from the root (root.ts) by label and the label's version (label-versions.ts): HKDF-SHA256 (RFC 5869)
 * without salt, the root being uniformly random, and
 *
 *     info = "restante/secret/1", 0x00, label                          version 1
 *     info = "restante/secret/1", 0x00, label, 0x00, version           later ones, in decimal digits
 *
 * Version 1 is what there was before labels had versions: nothing made then stops verifying.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { labelVersions, type SecretLabel } from "./label-versions.ts";
import { readRoot } from "./root.ts";

const SECRET_SIZE = 32;

export interface DerivedSecret {
  /** 0 to 255. */
  readonly rootVersion: number;
  /** 1 to 255. */
  readonly labelVersion: number;
  /** 32 octets. */
  readonly bytes: Uint8Array;
}

export type SecretSource = Pick<Env, "ROOT_SECRET" | "SECRET_VERSIONS">;

interface Derivations {
  readonly rootText: string;
  readonly root: ReadonlyMap<number, Uint8Array>;
  readonly derived: Map<string, DerivedSecret>;
  readonly versionsText: string;
  /** Of each label, by the version of the root that was asked for, if one was. */
  readonly live: Map<string, readonly DerivedSecret[]>;
}

// An isolate meets one root in its life; derivations are kept so that a deposit does not pay for HKDF.
let cached: Derivations | undefined;

/**
 * The label's secret that new tokens and receipts are made under.
 *
 * @throws Error when ROOT_SECRET or SECRET_VERSIONS is malformed. The message contains no secret.
 */
export function currentSecret(env: SecretSource, label: SecretLabel): DerivedSecret {
  const [secret] = liveSecrets(env, label);
  if (secret === undefined) throw new Error("secrets: a root and a label have at least one version each");
  return secret;
}

/**
 * All of the label's secrets that still verify, the current one first.
 *
 * @param rootVersion when what is to be verified names it: of this version of the root only, none if it is not listed
 * @throws Error as {@link currentSecret}
 */
export function liveSecrets(
  env: SecretSource,
  label: SecretLabel,
  rootVersion?: number,
): readonly DerivedSecret[] {
  const { root, live, versionsText } = derivations(env);
  if (rootVersion !== undefined && !root.has(rootVersion)) return [];
  const name = `${rootVersion ?? ""}/${label}`;
  const known = live.get(name);
  if (known !== undefined) return known;
  const roots = rootVersion === undefined ? [...root.keys()] : [rootVersion];
  const secrets = roots.flatMap((version) =>
    labelVersions(versionsText, label).map((labelVersion) => derive(env, label, version, labelVersion)),
  );
  live.set(name, secrets);
  return secrets;
}

function derive(
  env: SecretSource,
  label: SecretLabel,
  rootVersion: number,
  labelVersion: number,
): DerivedSecret {
  const { root, derived } = derivations(env);
  const name = `${rootVersion}/${label}/${labelVersion}`;
  const known = derived.get(name);
  if (known !== undefined) return known;
  const info = `restante/secret/1\0${label}${labelVersion === 1 ? "" : `\0${labelVersion}`}`;
  const ikm = root.get(rootVersion);
  if (ikm === undefined) throw new Error("secrets: no such root version");
  const bytes = hkdf(sha256, ikm, undefined, utf8ToBytes(info), SECRET_SIZE);
  const secret = { rootVersion, labelVersion, bytes };
  derived.set(name, secret);
  return secret;
}

function derivations({ ROOT_SECRET, SECRET_VERSIONS: versionsText = "" }: SecretSource): Derivations {
  if (cached?.rootText !== ROOT_SECRET || cached.versionsText !== versionsText)
    cached = {
      ...{ rootText: ROOT_SECRET, root: readRoot(ROOT_SECRET), derived: new Map() },
      ...{ versionsText, live: new Map() },
    };
  return cached;
}
