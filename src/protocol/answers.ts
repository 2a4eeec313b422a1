/** The JSON bodies of successful answers, as docs/protocol.md describes them. Binary is base64url. */
import type { Purpose } from "./consent-statement.ts";
import type { LedgerEvent } from "./ledger/line.ts";

export interface NoticeAnswer {
  version: number;
  /** See notice.ts. */
  hash: string;
  controller: string;
  /** Whether mailboxes whose owners agreed to the notice before it are suspended until they agree to this one. */
  material: boolean;
  /** BCP 47 tag of `text`: what Accept-Language asked for, if it is there, else English. */
  language: string;
  text: string;
  /** All languages that the notice is there in, `textHash`: SHA-256 of each text. One hash covers them all. */
  languages: { language: string; textHash: string }[];
  /** Every purpose that can be agreed to here, and what it is for. None is granted by granting another. */
  purposes: {
    purpose: Purpose;
    description: string;
    /** Of the jurisdictions below, those whose devices can agree to it; a device in none always can. */
    jurisdictions: string[];
  }[];
  retention: { maxTtlSeconds: number; markGraceSeconds: number };
  /** Where a mailbox can be held, besides nowhere in particular. */
  jurisdictions: string[];
  /** Third parties that see a phone number, and where they are. */
  numberVendors: { name: string; country: string }[];
}

export interface ConsentGrantedAnswer {
  consentId: string;
  /** Compact JWS (RFC 7515) by the relay over the consent's fields. */
  receipt: string;
  deliveryToken: string;
  limits: { maxTtlSeconds: number; maxEnvelopeBytes: number; maxMessages: number; maxBytes: number };
}

export interface ConsentAnswer {
  consentId: string;
  address: string;
  noticeVersion: number;
  noticeHash: string;
  purposes: Purpose[];
  jurisdiction: string;
  method: string;
  grantedAt: number;
  /** The signed statement, so that the owner can check what is on record. */
  statement: string;
  signature: string;
}

export interface ReceiptAnswer {
  receipt: string;
}

/** Of one consent, oldest first: what the ledger says of it, with the hashes that show it whole. */
export interface EventsAnswer {
  events: LedgerEvent[];
  /** Whether more come behind these: ask again with `from` one above the last position. */
  more: boolean;
}

export interface LedgerHeadsAnswer {
  /** Compact JWS, a day each, oldest first. */
  heads: string[];
  /** Whether more come behind these: ask again with `since` one day after the last. */
  more: boolean;
}

/**
 * - `delivered`: the device acknowledged it. - `held`: durable in the mailbox until `heldUntil`.
 * - `expired`: its time ended before the device acknowledged it. - `revoked`: the sender took it back.
 * - `undecided`: shown to a connected device and stored no more, with TTL 0 or because the mailbox was withdrawn
 *   before it was acknowledged: the device may have it.
 */
export type DepositState = "delivered" | "held" | "expired" | "revoked" | "undecided";

export interface DepositAnswer {
  state: DepositState;
  /** When `held`: ms since 1970. */
  heldUntil?: number;
}

export interface RevokedAnswer {
  state: "revoked";
  /** Compact JWS: at that moment, and for good, the mailbox will not hand this deposit over. */
  proof: string;
}

export interface MailboxAnswer {
  messages: number;
  bytes: number;
  /** When the oldest held message came, ms since 1970; null when there is none. */
  oldest: number | null;
  oneTimeKeys: number;
  /** Whether a last-resort key is left to serve. */
  lastResortKey: boolean;
  claims: {
    /** Keys given out in this UTC day. */
    today: number;
    /** From this many on, claims are refused until the day ends. */
    limit: number;
    /** When the limit was last reached, ms since 1970, until the end of the day after; else null. */
    reachedAt: number | null;
  };
  /** The last nonce that the mailbox took from this device. */
  nonce: number;
  notice: {
    /** The version that the owner agreed to. */
    agreed: number;
    /** The one in force. */
    current: number;
    /** Whether the mailbox takes nothing, and its keys and routes are not served, until they agree to that. */
    suspended: boolean;
  };
  /**
   * When another device takes over the route of this one's number, ms since 1970, also after it did; null when none
   * does. `GET /v1/directory/route` says how it stands.
   */
  routeClaim: number | null;
}

export interface MessagesAnswer {
  messages: { id: number; body: string; heldUntil: number; revocable: boolean }[];
  /** Whether more wait behind these. */
  more: boolean;
}

export interface ErasedAnswer {
  /** Of the ids sent, those that this call erased; the others were not there (any more). */
  erased: number[];
}

export interface PoolReplacedAnswer {
  /**
   * Ids of the one-time keys that went with the old pool and that nobody ever claimed: their private halves can
   * be destroyed. Not the last-resort key, which may have been served, nor a key that is in the new pool too.
   */
  unclaimed: string[];
}

export interface NonceAnswer {
  /** The one just used up. */
  nonce: number;
}

export interface DirectoryAnswer {
  /** The keys in use, the current one first. `width`: bits of a bucket's prefix. */
  keys: { version: number; publicKey: string; width: number }[];
  /** Those of introductions, the current one first; none where nobody can be introduced. */
  introductionKeys: { version: number; publicKey: string }[];
}

/** RFC 9497: one proof for all evaluations, which are in the order of the elements sent. */
export interface EvaluationsAnswer {
  evaluations: string[];
  proof: string;
}

export interface RouteAnswer {
  /**
   * - `listed`: found by its number. - `waiting`: another device is, until `effectiveAt`. - `superseded`: it was, and
   *   another device took its place. - `unlisted`: neither.
   */
  state: "listed" | "waiting" | "unlisted" | "superseded";
  /** When `listed` or `waiting`: when that began, ms since 1970. */
  since?: number;
  /** When `waiting`: from when it is listed, ms since 1970. */
  effectiveAt?: number;
  /** When `listed`, and another device has verified the number and waits: from when that one is, ms since 1970. */
  claim?: { effectiveAt: number };
  /** Versions of the directory's keys under which it is. */
  versions: number[];
}

export interface DeliveryTokenAnswer {
  deliveryToken: string;
}

export interface VerificationAnswer {
  /** 16 random octets. The same for every code of one verification. */
  id: string;
  /** From when another code may be asked for, ms since 1970. */
  resendAt: number;
  /** When the code, and the verification with it, ends, ms since 1970. */
  expires: number;
}

export interface NumberProofAnswer {
  /** Opaque; good for this device only. */
  proof: string;
  /** ms since 1970. */
  expires: number;
}

/** What the relay stores about this device: every table that holds a row of it, and the rows. */
export interface HeldAnswer {
  mailbox: HeldTable[];
  records: HeldTable[];
}

export interface HeldTable {
  table: string;
  /** Octets longer than 64 are shown as `{ bytes, sha256 }`; shorter ones as base64url. */
  rows: Record<string, string | number | null | { bytes: number; sha256: string }>[];
}
