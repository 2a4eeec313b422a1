/** The conformance test's cases, run by name in the page. */
import type { IndexedDbSecret } from "../../../src/client/vault/head-sealing.ts";
import { LASTING_CASES } from "../../client/vault/lasting-cases.ts";
import { TRANSACTION_CASES } from "../../client/vault/transaction-cases.ts";
import { indexedDbPlace } from "./indexed-db-place.ts";

const SECRETS = {
  key: { key: new Uint8Array(32).fill(7) },
  passphrase: { passphrase: "correct horse" },
  browser: "browser",
} satisfies Record<string, IndexedDbSecret>;

export type SecretKind = keyof typeof SECRETS;

export async function runCase(kind: SecretKind, name: string): Promise<void> {
  const found = [...TRANSACTION_CASES, ...LASTING_CASES].find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  await found.run(() => indexedDbPlace(SECRETS[kind]));
}
