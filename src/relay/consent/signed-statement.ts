/** Whether a signed statement is a consent that this relay may take from this device, before any look at D1. */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Address, isTorsionFree } from "../../protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import {
  type ConsentStatement,
  decodeConsentStatement,
  type Purpose,
} from "../../protocol/consent-statement.ts";
import { STATEMENT_WINDOW } from "../../protocol/limits.ts";
import type { ProblemCode } from "../../protocol/problem-codes.ts";
import type { Verify } from "../../protocol/request-verdict.ts";

const SIGNATURE_SIZE = 64;

/** A statement whose form and signature have been checked. */
export interface SignedStatement extends ConsentStatement {
  /** As it was sent, base64url. */
  readonly text: string;
  readonly signature: string;
  /** SHA-256 of the statement's bytes, base64url. */
  readonly hash: string;
}

export type StatementVerdict =
  | { readonly ok: true; readonly statement: SignedStatement }
  | { readonly ok: false; readonly code: ProblemCode };

/**
 * Reads and verifies a statement sent by `signer`. It must be the signer's own, be signed over its exact bytes,
 * and name only purposes that this relay offers, `messaging` among them: nothing else works without a mailbox,
 * so a consent without it would be a record that serves nobody.
 */
export async function readStatement(
  sent: { readonly statement: string; readonly signature: string },
  signer: Address,
  offered: readonly Purpose[],
  verify: Verify,
): Promise<StatementVerdict> {
  const bytes = decodeBase64url(sent.statement);
  const signature = decodeBase64url(sent.signature, SIGNATURE_SIZE);
  const statement = bytes && decodeConsentStatement(bytes);
  if (bytes === undefined || signature === undefined || statement === undefined) return refused;
  if (statement.address !== signer.text) return refused;
  if (!isTorsionFree(signer)) return { ok: false, code: "malformed-address" };
  if (!(await verify(signer.publicKey, signature, bytes))) return refused;
  const { purposes } = statement;
  if (!purposes.includes("messaging") || purposes.some((purpose) => !offered.includes(purpose)))
    return refused;
  const hash = encodeBase64url(sha256(bytes));
  return {
    ok: true,
    statement: { ...statement, text: sent.statement, signature: sent.signature, hash },
  };
}

/** Whether a statement was made just now, by a clock that may run a little ahead or behind. */
export function isFresh(created: number, now: number): boolean {
  return Math.abs(now - created) <= STATEMENT_WINDOW;
}

const refused: StatementVerdict = { ok: false, code: "statement-invalid" };
