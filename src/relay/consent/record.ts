import type { Purpose } from "../../protocol/consent-statement.ts";

/** A consent in force, as D1 holds it. Binary is base64url. */
export interface ConsentRecord {
  readonly address: string;
  /** 128 random bits: names the consent in the ledger and in receipts without naming anybody. */
  readonly consentId: string;
  readonly controller: string;
  readonly noticeVersion: number;
  readonly noticeHash: string;
  readonly purposes: readonly Purpose[];
  readonly jurisdiction: string;
  readonly method: string;
  /** ms since 1970, by the relay's clock. */
  readonly grantedAt: number;
  readonly statement: string;
  readonly signature: string;
  /** SHA-256 of the statement; salted by the statement itself. */
  readonly statementHash: string;
  readonly receipt: string;
}
