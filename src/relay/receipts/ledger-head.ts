/**
 * The relay's word on how the whole ledger stood on a day (protocol/ledger/head.ts). It names no consent: numbers of
 * events, and a hash over all of them.
 */
import type { LedgerHead } from "../../protocol/ledger/head.ts";
import { signReceipt } from "./signing-key.ts";

/** @param head.at ms since 1970, the beginning of its day: the same head signed again is the same in bytes */
export async function signLedgerHead(
  env: Env,
  head: LedgerHead & { readonly jurisdiction: string; readonly at: number },
): Promise<string> {
  const { day, events, hash, jurisdiction, at } = head;
  const iat = Math.floor(at / 1000);
  return signReceipt(env, "ledger", { iat, controller: env.CONTROLLER, jurisdiction, day, events, hash });
}
