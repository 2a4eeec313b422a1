/**
 * What the Worker may ask of a mailbox, and what comes back: native RPC, tagged values, never a thrown error of
 * our own. `signature` and token MAC have been checked at the edge by the time a call arrives; what only the
 * mailbox knows (open or not, epoch, nonce, quota) is checked here.
 *
 * An absent mailbox answers every sender exactly as one whose epoch does not match: `not-authorized`.
 */
import type { HeldTable, MailboxAnswer } from "../../protocol/answers.ts";
import type { OneTimeKey } from "../../protocol/one-time-key.ts";

/** The mailbox could not read or write its storage; nothing was changed and the call may be repeated. */
export type Unavailable = { readonly outcome: "unavailable" };
export type NotAuthorized = { readonly outcome: "not-authorized" };
type Full = { readonly outcome: "full" };
/** Absent or withdrawing: to its owner, there is no consent in force. */
export type NoConsent = { readonly outcome: "no-consent" };
export type NonceUsed = { readonly outcome: "nonce-used" };

export type DepositOutcome =
  | { readonly outcome: "delivered" | "expired" | "undecided" }
  | { readonly outcome: "held"; readonly heldUntil: number }
  | NotAuthorized
  | Full
  | Unavailable;

export type RevocableOutcome =
  | { readonly outcome: "delivered" | "expired" | "revoked" }
  | { readonly outcome: "held"; readonly heldUntil: number }
  | NotAuthorized
  | Full
  | Unavailable;

export type DepositStateOutcome = Exclude<RevocableOutcome, Full> | { readonly outcome: "no-deposit" };

export type RevokeOutcome =
  | { readonly outcome: "revoked"; readonly revokedAt: number }
  | { readonly outcome: "already-delivered" }
  | NotAuthorized
  | Full
  | Unavailable;

export type ClaimOutcome =
  | { readonly outcome: "claimed"; readonly key: OneTimeKey }
  | { readonly outcome: "no-one-time-key" | "claim-limit" }
  | NotAuthorized
  | Unavailable;

type OpenOutcome =
  | { readonly outcome: "opened" | "already-open"; readonly epoch: Uint8Array }
  | { readonly outcome: "withdrawing" }
  | NonceUsed
  | Unavailable;

/** What a withdrawal erased, by kind: goes into the erasure receipt. */
export interface Erased {
  readonly messages: number;
  readonly bytes: number;
  readonly revocableDeposits: number;
  readonly oneTimeKeys: number;
}

export type WithdrawOutcome =
  | { readonly outcome: "withdrawn"; readonly receipt: string }
  /** Begun and durable, but a later step failed: the alarm goes on with it. */
  | { readonly outcome: "withdrawing" }
  | NoConsent
  | NonceUsed
  | Unavailable;

export interface MailboxStatus {
  readonly messages: number;
  readonly bytes: number;
  readonly oldest: number | null;
  readonly oneTimeKeys: number;
  readonly lastResortKey: boolean;
  readonly claims: MailboxAnswer["claims"];
  readonly nonce: number;
}

export interface HeldMessage {
  readonly id: number;
  readonly body: Uint8Array;
  readonly heldUntil: number;
  readonly revocable: boolean;
}

export interface MailboxCalls {
  /**
   * Opens the mailbox under a consent, or, when it is open already (a repeated or renewed grant), takes over
   * the consent's id and the notice version. The epoch stays while it is open. `nonce` must be greater than
   * the last one kept, or equal to it when the grant is a repetition of the one that opened it.
   */
  open(grant: {
    consentId: string;
    address: string;
    noticeVersion: number;
    nonce: number;
  }): Promise<OpenOutcome>;
  /**
   * Ends consent `consentId`: the saga. A mailbox open under another consent id answers `no-consent`. Without a
   * `nonce` for a statement that the device left behind: it names the consent, and no replay reaches another.
   */
  withdraw(consentId: string, nonce?: number): Promise<WithdrawOutcome>;

  /** `ttl` in seconds, already cut to the operator's ceiling at the edge. 0: deliver now or never. */
  deposit(epoch: Uint8Array, envelope: Uint8Array, ttl: number): Promise<DepositOutcome>;
  depositRevocable(
    epoch: Uint8Array,
    key: Uint8Array,
    envelope: Uint8Array,
    ttl: number,
  ): Promise<RevocableOutcome>;
  depositState(epoch: Uint8Array, key: Uint8Array): Promise<DepositStateOutcome>;
  revoke(epoch: Uint8Array, key: Uint8Array): Promise<RevokeOutcome>;
  /** A key for a stranger, unless this UTC day's are used up: whether or not there are more, `claim-limit` then. */
  claimOneTimeKey(epoch: Uint8Array): Promise<ClaimOutcome>;

  status(): Promise<({ readonly outcome: "status" } & MailboxStatus) | NoConsent | Unavailable>;
  messages(
    limit: number,
  ): Promise<
    | { readonly outcome: "messages"; readonly messages: HeldMessage[]; readonly more: boolean }
    | NoConsent
    | Unavailable
  >;
  acknowledge(
    ids: number[],
  ): Promise<{ readonly outcome: "acknowledged"; readonly erased: number[] } | NoConsent | Unavailable>;
  /** `unclaimed`: ids of the one-time keys that were never served and now never will be. */
  replaceOneTimeKeys(
    nonce: number,
    keys: OneTimeKey[],
  ): Promise<
    { readonly outcome: "replaced"; readonly unclaimed: Uint8Array[] } | NoConsent | NonceUsed | Unavailable
  >;
  rotateDeliveryToken(
    nonce: number,
  ): Promise<
    { readonly outcome: "rotated"; readonly epoch: Uint8Array } | NoConsent | NonceUsed | Unavailable
  >;
  /** Uses up a nonce and changes nothing else. */
  useNonce(
    nonce: number,
  ): Promise<{ readonly outcome: "used"; readonly nonce: number } | NoConsent | NonceUsed | Unavailable>;
  /** Every row of every table of the object, as stored; also while it is withdrawing. */
  held(): Promise<{ readonly outcome: "held"; readonly tables: HeldTable[] } | NoConsent | Unavailable>;

  /**
   * The device's socket. The Worker has checked the ticket and forwards the upgrade request with the ticket's
   * nonce in {@link NONCE_HEADER}. Answers 101, or a bare status: 404 no consent, 409 nonce used, 503.
   */
  fetch(request: Request): Promise<Response>;
}

/** Internal, between Worker and mailbox; whatever a client sends under this name is overwritten. */
export const NONCE_HEADER = "x-restante-nonce";
