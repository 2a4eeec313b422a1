/**
 * What the Worker may ask of a mailbox, and what comes back: native RPC, tagged values, never a thrown error of
 * our own. `signature` and token MAC have been checked at the edge by the time a call arrives; what only the
 * mailbox knows (open or not, epoch, nonce, quota) is checked here.
 *
 * An absent mailbox answers every sender exactly as one whose epoch does not match: `not-authorized`. So does one
 * that is suspended (consent/notice.ts).
 */
import type { HeldTable, MailboxAnswer } from "../../protocol/answers.ts";
import type { OneTimeKey } from "../../protocol/one-time-key.ts";

/**
 * An introduction whose output the edge has recomputed. It opens a permit the first time that something comes of it
 * and is looked up by its nonce from then on.
 */
export interface Introduction {
  /** 16 octets: the permit's id. */
  readonly nonce: Uint8Array;
  /** Whether it is of a day on which it may open a permit; one that is open may be used longer. */
  readonly mayOpen: boolean;
}

/** What lets a sender in: the epoch of a genuine delivery token, or a genuine introduction. */
export type Pass = Uint8Array | Introduction;

/** The mailbox could not read or write its storage; nothing was changed there, and the call may be repeated. */
export type Unavailable = { readonly outcome: "unavailable" };
export type NotAuthorized = { readonly outcome: "not-authorized" };
type Full = { readonly outcome: "full" };
/** Absent, opening or withdrawing: to its owner, there is no consent in force. */
export type NoConsent = { readonly outcome: "no-consent" };
export type NonceUsed = { readonly outcome: "nonce-used" };
/** Its owner has not agreed to what happens now: nothing is taken that others would be let in with. */
export type NoticeSuperseded = { readonly outcome: "notice-superseded" };

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

/** One of many deposits that arrive together; with a key (16 octets) it is a revocable one. */
export interface DepositItem {
  readonly pass: Pass;
  readonly envelope: Uint8Array;
  /** In seconds, as in {@link MailboxCalls.deposit}. */
  readonly ttl: number;
  readonly key?: Uint8Array | undefined;
}

export type DepositItemOutcome = DepositOutcome | RevocableOutcome;

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
  /** As many strangers as may be have been let in. */
  | Full
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
  readonly permits: number;
  /** Those of one epoch count as one. */
  readonly deliveryTokens: number;
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
  readonly routeClaim: number | null;
  /** Of the notice that was agreed to. */
  readonly noticeVersion: number;
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
   * the consent's id, the notice version and whether introductions are taken. The epoch stays while it is open. `nonce` must be greater than
   * the last one kept, or equal to it when the grant is a repetition of the one that opened it.
   *
   * Under a consent that is new to it, it lets nobody in before {@link confirm}.
   */
  open(grant: {
    consentId: string;
    address: string;
    noticeVersion: number;
    nonce: number;
    /** Whether it has the purpose `discovery`: introductions may open permits as soon as that is confirmed. */
    introductions: boolean;
  }): Promise<OpenOutcome>;
  /**
   * D1, asked since it opened, has that consent in force: it lets others and its owner in. Harmless twice.
   *
   * @param introductions whether it has the purpose `discovery` there: those that `open` asked for are taken from now on
   */
  confirm(
    consentId: string,
    introductions: boolean,
  ): Promise<{ readonly outcome: "confirmed" } | NoConsent | Unavailable>;
  /**
   * Ends consent `consentId`: the saga. A mailbox open under another consent id answers `no-consent`. Without a
   * `nonce` for a statement that the device left behind: it names the consent, and no replay reaches another.
   */
  withdraw(consentId: string, nonce?: number): Promise<WithdrawOutcome>;
  /** Ends whichever consent it is open under: D1 knows of none, and its owner wants none. */
  withdrawAny(nonce: number): Promise<WithdrawOutcome>;

  /**
   * From now on no introduction opens a permit, if the mailbox is open under this consent; permits that are open
   * stay. For whoever ends the purpose `discovery` without its owner's grant.
   */
  endIntroductions(consentId: string): Promise<{ readonly outcome: "ended" } | NoConsent | Unavailable>;

  /**
   * `ttl` in seconds, already cut to the operator's ceiling at the edge. 0: deliver now or never. Under an
   * introduction nothing is shown or waited for before it is answered `held`.
   */
  deposit(pass: Pass, envelope: Uint8Array, ttl: number): Promise<DepositOutcome>;
  depositRevocable(pass: Pass, key: Uint8Array, envelope: Uint8Array, ttl: number): Promise<RevocableOutcome>;
  /**
   * Many deposits, of one sender or of several, in the order given; the answers are in the same order. Each is
   * taken or refused by itself, exactly as by {@link deposit} or {@link depositRevocable}. Those that are held are
   * held in one transaction, or in one before and one after each that is now or never. Answers when the last of them is settled: a live device has its deadline once.
   */
  depositMany(items: readonly DepositItem[]): Promise<DepositItemOutcome[]>;
  /** Under an introduction, `delivered` is told only when the deposit's time is over: `held` until then. */
  depositState(pass: Pass, key: Uint8Array): Promise<DepositStateOutcome>;
  revoke(pass: Pass, key: Uint8Array): Promise<RevokeOutcome>;
  /**
   * A key for somebody new, unless this UTC day's are used up: whether or not there are more, `claim-limit` then.
   * Under an introduction the same key each time.
   */
  claimOneTimeKey(pass: Pass): Promise<ClaimOutcome>;

  /** When the device of that consent was last here: a UTC day, in days since 1970. */
  lastSeen(
    consentId: string,
  ): Promise<{ readonly outcome: "seen"; readonly day: number } | NoConsent | Unavailable>;
  /**
   * Tells the device of that consent, now and at each connect, that another takes over the route of its number at
   * `effectiveAt`, ms since 1970; null: that nobody does (any more).
   */
  noteRouteClaim(
    consentId: string,
    effectiveAt: number | null,
  ): Promise<{ readonly outcome: "noted" } | NoConsent | Unavailable>;

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
    | { readonly outcome: "replaced"; readonly unclaimed: Uint8Array[] }
    | NoticeSuperseded
    | NoConsent
    | NonceUsed
    | Unavailable
  >;
  rotateDeliveryToken(
    nonce: number,
  ): Promise<
    | { readonly outcome: "rotated"; readonly epoch: Uint8Array }
    | NoticeSuperseded
    | NoConsent
    | NonceUsed
    | Unavailable
  >;
  /** Uses up a nonce and changes nothing else. */
  useNonce(nonce: number): Promise<
    | {
        readonly outcome: "used";
        readonly nonce: number;
        readonly routeClaim: number | null;
        readonly noticeVersion: number;
      }
    | NoConsent
    | NonceUsed
    | Unavailable
  >;
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
