/** The SDK's facade: one device, its consent, its contacts, and the texts that come and go. */
import type { HeldAnswer, NoticeAnswer } from "../protocol/answers.ts";
import type { DataMapAnswer } from "../protocol/data-map.ts";
import { addByCard } from "./adding.ts";
import { assemble, type Parts } from "./assembling.ts";
import { block, replaceTokenIfOwed, unblock } from "./blocking/blocking.ts";
import { formatCard, relayOrigin } from "./card.ts";
import { fetchNotice, grantConsent, isConsentProven } from "./consent.ts";
import { type Consent, currentConsent, requireConsent } from "./consent-record.ts";
import { type Contact, type ShownContact, showContacts } from "./contacts.ts";
import { type ConversationInfo, listConversationInfos, makeConversation } from "./conversations/making.ts";
import type { Fallback } from "./fallback/fallback.ts";
import { type ConsentHistory, fetchHistory } from "./history.ts";
import { createIdentity, type Identity, readIdentity } from "./identity.ts";
import type { IncomingText } from "./inbox.ts";
import { fetchDataMap, fetchHeld } from "./inspecting.ts";
import type { ConsentRequest } from "./journaled-yes.ts";
import { replacePool } from "./key-pool.ts";
import { forgetOnLeaving } from "./leaving.ts";
import { tellOwnDevices } from "./linking/link.ts";
import type { OwnDevices } from "./linking/own-devices.ts";
import type { Listener } from "./news.ts";
import type { Numbers } from "./numbers/numbers.ts";
import { sendText, sendTextOrSms, type TextOptions } from "./numbers/sending.ts";
import {
  compareScanned,
  noteCompared,
  type SafetyComparison,
  type SafetyNumber,
  safetyNumberWith,
} from "./people/comparing.ts";
import { putReceiptSettings, type ReceiptSettings, receiptSettings } from "./receipts.ts";
import type { InboxOptions } from "./reception.ts";
import type { Sent } from "./sent.ts";
import { createSession, type Session } from "./session.ts";
import { completePlatform, type Platform } from "./transport.ts";
import type { Vault } from "./vault/vault.ts";
import { mayBeConsented, withdrawConsent } from "./withdrawing.ts";

export class Device {
  readonly #session: Session;
  readonly #parts: Parts;

  private constructor(identity: Identity, vault: Vault, platform: Platform) {
    this.#session = createSession(identity, vault, platform);
    this.#parts = assemble(this.#session);
  }

  /**
   * Makes a device: a key pair, kept in `vault`. Nothing is sent.
   *
   * @param options.relay origin of the relay, https (http only on this machine)
   * @param options.jurisdiction where the mailbox shall live, for the address's whole life; one of the notice's
   * @throws ContactCardError when the relay's origin is not one that may be used
   */
  static async create(options: {
    relay: string;
    vault: Vault;
    jurisdiction?: string;
    platform?: Partial<Platform>;
  }): Promise<Device> {
    const relay = relayOrigin(options.relay);
    const identity = await createIdentity(options.vault, relay, options.jurisdiction ?? "");
    return new Device(identity, options.vault, completePlatform(options.platform));
  }

  /** Opens the device that `vault` holds. Nothing is sent. @throws VaultUnreadableError */
  static async open(options: { vault: Vault; platform?: Partial<Platform> }): Promise<Device> {
    return new Device(readIdentity(options.vault), options.vault, completePlatform(options.platform));
  }

  get address(): string {
    return this.#session.identity.address.text;
  }

  get relay(): string {
    return this.#session.identity.relay;
  }

  /** Telephone numbers: verify one's own, find others by theirs, and SMS where nobody is reached. */
  get numbers(): Numbers {
    return this.#parts.numbers;
  }

  /** The owner's other devices: link one, take one out, close a lost one's mailbox. */
  get ownDevices(): OwnDevices {
    return this.#parts.ownDevices;
  }

  /**
   * The text to agree to, and the purposes that this device can agree to: the only request that is made before a
   * consent, and only when this is called.
   *
   * @param language BCP 47 tag of the wanted text; without it, or when it is not there, what the relay has first
   */
  notice(language?: string): Promise<NoticeAnswer> {
    return fetchNotice(this.#session, language);
  }

  /**
   * Signs and grants; opens the mailbox and publishes the first keys. Safe to repeat. @throws NotOfferedError
   * @returns also whether the relay's receipt proves it. If not, it may be in force all the same: see {@link history}
   */
  async consent(request: ConsentRequest): Promise<Consent & { readonly proven: boolean }> {
    const consent = await grantConsent(this.#session, request);
    await replacePool(this.#session);
    await replaceTokenIfOwed(this.#session);
    await tellOwnDevices(this.#session);
    return { ...consent, proven: await isConsentProven(this.#session, consent) };
  }

  /** The consent in force, as this device knows it. */
  consented(): Consent | undefined {
    return currentConsent(this.#session.vault);
  }

  /** Whether there is anything to {@link withdraw}: a consent, or a yes whose answer never came. */
  mayBeConsented(): boolean {
    return mayBeConsented(this.#session.vault);
  }

  /** The contact card to give to people who may write. @throws NoConsentError */
  card(): string {
    const { deliveryToken } = requireConsent(this.#session.vault);
    return formatCard({ address: this.address, deliveryToken, relay: this.relay });
  }

  /** Adds who gave this card, or renews what is known of them. @throws ContactCardError */
  async add(card: string, name?: string): Promise<Contact> {
    return addByCard(this.#session, card, name);
  }

  contacts(): ShownContact[] {
    return showContacts(this.#session.vault);
  }

  /**
   * What to compare with a contact, aloud or by scanning: when it is the same on both sides, nobody stands between.
   *
   * @throws UnknownContactError
   */
  safetyNumber(contact: string): SafetyNumber {
    return safetyNumberWith(this.#session, contact);
  }

  /** Compares a code scanned from the contact's screen; if it is the same, they are verified. @throws UnknownContactError */
  compareSafetyCode(contact: string, scanned: string): Promise<SafetyComparison> {
    return compareScanned(this.#session, contact, scanned);
  }

  /**
   * The two read each other the digits that {@link safetyNumber} gave, and they were the same.
   *
   * @returns false, and the contact is not verified, when the number is another by now
   * @throws UnknownContactError
   */
  noteSafetyNumberCompared(contact: string, digits: string): Promise<boolean> {
    return noteCompared(this.#session, contact, digits);
  }

  /**
   * Makes a conversation with 2 to 31 contacts, for good: other people are another conversation. Nothing is sent to
   * them; they learn of it with the first text.
   *
   * @param people the contacts' addresses
   * @throws NoConsentError, UnknownContactError, RangeError
   */
  createConversation(people: readonly string[]): Promise<ConversationInfo> {
    return makeConversation(this.#session, people);
  }

  /** Conversations of three or more that the owner is in. */
  conversations(): ConversationInfo[] {
    return listConversationInfos(this.#session);
  }

  /**
   * Shuts a person out: their texts are dropped unseen, and the delivery token is replaced; everybody else who wrote
   * learns the new one inside their channels. Contact cards that were given out no longer work.
   *
   * @returns whether the relay has replaced the token: else that is tried again by itself
   * @throws NoConsentError, UnknownContactError
   */
  async block(contact: string): Promise<boolean> {
    const replaced = await block(this.#session, contact);
    if (replaced) await this.#parts.housekeeping.sendQueued();
    return replaced;
  }

  /** Hears from a person again, and tells them the present token. @throws UnknownContactError */
  async unblock(contact: string): Promise<void> {
    await unblock(this.#session, contact);
    await this.#parts.housekeeping.sendQueued();
  }

  /** What people are told of their texts by this device: nothing, unless the owner turned it on. */
  receipts(): ReceiptSettings {
    return receiptSettings(this.#session.vault);
  }

  /** Turns receipts on or off, each by itself, for texts that are delivered or read from now on. */
  setReceipts(settings: ReceiptSettings): Promise<void> {
    return this.#session.vault.transaction((draft) => putReceiptSettings(draft, settings));
  }

  /**
   * Seals a text for every device of a contact, or of everybody in a conversation, and deposits it.
   *
   * @param to the contact's address, the conversation's id, or a telephone number: see {@link numbers}
   * @param options.ttlSeconds how long it may be held, 0 to 604,800 (a week, the default). 0: now or never.
   * @param options.revocable may be taken back until the recipient acknowledged it
   * @param options.smsAfter `15s`, `2m`, … up to a day: if nobody has it by then it is taken back and, once every
   *   mailbox has proved that, handed to the app's SMS hook ({@link Numbers.onSms}). Never both; see {@link Fallback}
   * @returns what became of it so far; `queued` when the relay can't be reached: see {@link flush}
   * @throws NoConsentError, UnknownContactError, TextTooLongError, NumberNotFoundError, NumberMovedError,
   *   NumberPurposeError, RelayProblem (`no-one-time-key`, `not-authorized`): nothing was sent
   */
  send(to: string, text: string, options?: TextOptions): Promise<Sent>;
  send(to: string, text: string, options: { smsAfter: string }): Promise<Fallback>;
  send(
    to: string,
    text: string,
    options: TextOptions & { smsAfter?: string } = {},
  ): Promise<Sent | Fallback> {
    const { smsAfter } = options;
    const { correspondents, fallbacks } = this.#parts;
    if (smsAfter === undefined) return sendText(correspondents, to, text, options);
    return sendTextOrSms(correspondents, fallbacks, to, text, smsAfter);
  }

  /** Tries again what could not be deposited, and waits for what leaves a moment later. An open inbox does so by itself. */
  flush(): Promise<void> {
    requireConsent(this.#session.vault);
    return this.#parts.housekeeping.sendAll();
  }

  /** What an app may want to know besides texts. @returns what ends it */
  listen(listener: Listener): () => void {
    return this.#session.news.listen(listener);
  }

  /**
   * Takes a revocable text back: `revoked`, with the relay's proof, or `delivered` if that was first; else `undecided`.
   * No SMS goes either.
   */
  async revoke(id: string): Promise<Sent> {
    return (await this.#parts.fallbacks.takeBack(id)) ?? this.#parts.outbox.revoke(id);
  }

  /** What is known of a text that was sent; asks the relay where that can still change. */
  state(id: string): Promise<Sent> {
    return this.#parts.outbox.state(id);
  }

  /** Texts for this device, oldest first. Iterating opens the line; leaving the loop closes it. */
  inbox(options: InboxOptions = {}): AsyncGenerator<IncomingText, void, undefined> {
    return this.#parts.reception.texts(options);
  }

  /** Everything the relay stores about this device, from its tables. */
  held(): Promise<HeldAnswer> {
    return fetchHeld(this.#session);
  }

  /**
   * What the relay's ledger says of each consent that this device gave, oldest first, also after its end; checked against
   * what it signed and was given: a relay that leaves out or changes an event shows in `findings`.
   */
  history(): Promise<ConsentHistory[]> {
    return fetchHistory(this.#session);
  }

  /** Every column that the relay has at all: why, for whom and how long. */
  dataMap(): Promise<DataMapAnswer> {
    return fetchDataMap(this.#session);
  }

  /**
   * Ends the consent: the mailbox, its texts, keys and token go, and everything here that was only for it.
   * Contacts, conversations and texts not yet read stay with their owner. Safe to repeat.
   * @returns the relay's signed erasure receipt; undefined when it ended too long ago for the relay to keep one
   * @throws NoConsentError; RelayProtocolError when the receipt proves no end: nothing is forgotten then
   */
  async withdraw(): Promise<{ receipt: string | undefined }> {
    const receipt = await withdrawConsent(this.#session, forgetOnLeaving);
    await this.#parts.fallbacks.run();
    return { receipt };
  }

  /** Closes the line and the vault. */
  async close(): Promise<void> {
    try {
      await this.#parts.reception.stop();
    } finally {
      this.#parts.outbox.close();
      await this.#session.vault.close();
    }
  }
}
