/**
 * The mailbox of one device: a wire while the device is connected, a box that empties itself while it is not,
 * and nothing at all before it is opened. This class only sequences; see store.ts for what is kept, line.ts for
 * the socket, contact.ts and stranger.ts for senders, acknowledgements.ts for what the device has, opening.ts for the
 * beginning, withdrawal.ts for the end.
 *
 * What others rely on: an answer `held` means the row is durable, `delivered` that the device has acknowledged
 * and the row is gone, and `unavailable` that the call may be repeated without harm. A call for an absent
 * mailbox writes nothing, not even tables.
 */
import { DurableObject } from "cloudflare:workers";
import { CLOSE } from "../../protocol/close.ts";
import { decodeDeviceFrame, SUBPROTOCOL } from "../../protocol/frames.ts";
import type { OneTimeKey } from "../../protocol/one-time-key.ts";
import { isSuspended } from "../consent/notice.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { Alarm } from "./alarm.ts";
import {
  type DepositItem,
  type MailboxCalls,
  NONCE_HEADER,
  type Pass,
  type WithdrawOutcome,
} from "./calls.ts";
import { Delivery } from "./delivery.ts";
import { Guard, NO_CONSENT } from "./guard.ts";
import { readTables } from "./held.ts";
import { dayOf, lapsesAt } from "./lapse.ts";
import { Line } from "./line.ts";
import { Opening } from "./opening.ts";
import { Senders } from "./senders.ts";
import type { Grant } from "./state-store.ts";
import { Store } from "./store.ts";
import { Withdrawal } from "./withdrawal.ts";

/** When an alarm that failed comes again: the platform's own retries give up after six. */
const ALARM_RETRY = 30_000;

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;
/** Bare statuses, which the Worker turns into problems. */
const NO_SOCKET = { "no-consent": 404, "nonce-used": 409, unavailable: 503 } as const;

export class Mailbox extends DurableObject<Env> implements MailboxCalls {
  readonly #store: Store;
  readonly #line: Line;
  readonly #alarm: Alarm;
  readonly #delivery: Delivery;
  readonly #guard: Guard;
  readonly #withdrawal: Withdrawal;
  readonly #opening: Opening;
  readonly #senders: Senders;
  readonly #acknowledgements: Acknowledgements;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage, () => this.#line.live);
    this.#line = new Line(ctx, {
      sent: (sentThrough) => this.#store.held.sent(sentThrough),
      hold: (messages) => this.#delivery.hold(messages, this.#now()),
    });
    this.#alarm = new Alarm(ctx.storage);
    this.#delivery = new Delivery(this.#store, this.#line, this.#alarm);
    this.#guard = new Guard(this.#store.state, () => this.#now());
    this.#withdrawal = new Withdrawal({
      ...{ env, guard: this.#guard, store: this.#store, line: this.#line, alarm: this.#alarm },
      erase: () => this.#eraseAll(),
    });
    this.#opening = new Opening({
      ...{ env, guard: this.#guard, store: this.#store, alarm: this.#alarm, withdrawal: this.#withdrawal },
    });
    this.#senders = new Senders({
      ...{
        guard: this.#guard,
        store: this.#store,
        line: this.#line,
        delivery: this.#delivery,
        alarm: this.#alarm,
      },
      now: () => this.#now(),
    });
    this.#acknowledgements = new Acknowledgements({
      ...{ guard: this.#guard, store: this.#store, delivery: this.#delivery },
      now: () => this.#now(),
    });
    void ctx.blockConcurrencyWhile(() => this.#alarm.recover());
  }

  async open(grant: Grant) {
    return this.#opening.open(grant);
  }

  async confirm(consentId: string, introductions: boolean) {
    return this.#opening.confirm(consentId, introductions);
  }

  async withdraw(consentId: string, nonce?: number): Promise<WithdrawOutcome> {
    this.#acknowledgements.flush();
    return this.#withdrawal.withdraw(consentId, nonce);
  }

  async withdrawAny(nonce: number): Promise<WithdrawOutcome> {
    this.#acknowledgements.flush();
    return this.#withdrawal.withdraw(undefined, nonce);
  }

  async endIntroductions(consentId: string) {
    return this.#guard.asOwner((_, state) => {
      if (state.consentId !== consentId) return NO_CONSENT;
      if (state.introductions || state.introductionsPending)
        this.#store.transaction(() => this.#store.state.endIntroductions());
      return { outcome: "ended" } as const;
    });
  }

  async lastSeen(consentId: string) {
    return this.#guard.asOwner((_, state) =>
      state.consentId === consentId ? ({ outcome: "seen", day: state.seenDay } as const) : NO_CONSENT,
    );
  }

  async noteRouteClaim(consentId: string, effectiveAt: number | null) {
    return this.#guard.asOwner((_, state) => {
      if (state.consentId !== consentId) return NO_CONSENT;
      if (state.routeClaim !== effectiveAt)
        this.#store.transaction(() => this.#store.state.noteRouteClaim(effectiveAt));
      if (effectiveAt !== null) this.#line.notice("number-claimed");
      return { outcome: "noted" } as const;
    });
  }

  async deposit(pass: Pass, envelope: Uint8Array, ttl: number) {
    return this.#senders.of(pass).deposit(envelope, ttl);
  }

  async depositRevocable(pass: Pass, key: Uint8Array, envelope: Uint8Array, ttl: number) {
    return this.#senders.of(pass).depositRevocable(key, envelope, ttl);
  }

  async depositMany(items: readonly DepositItem[]) {
    return this.#senders.depositMany(items);
  }

  async depositState(pass: Pass, key: Uint8Array) {
    return this.#senders.of(pass).depositState(key);
  }

  async revoke(pass: Pass, key: Uint8Array) {
    this.#acknowledgements.flush();
    return this.#senders.of(pass).revoke(key);
  }

  async claimOneTimeKey(pass: Pass) {
    return this.#senders.of(pass).claimOneTimeKey();
  }

  async status() {
    this.#acknowledgements.flush();
    return this.#guard.asDevice(
      (now, { nonce, claims, routeClaim, noticeVersion }) =>
        ({
          outcome: "status",
          ...this.#store.status(claims, now),
          ...{ nonce, routeClaim, noticeVersion },
        }) as const,
    );
  }

  async messages(limit: number) {
    this.#acknowledgements.flush();
    return this.#guard.asDevice(
      (now) => ({ outcome: "messages", ...this.#store.held.pull(limit, now) }) as const,
    );
  }

  async acknowledge(ids: number[]) {
    return this.#acknowledgements.take([...new Set(ids)], (results) => {
      const erased = results.filter((result) => result.erased).map(({ id }) => id);
      return { outcome: "acknowledged", erased } as const;
    });
  }

  async replaceOneTimeKeys(nonce: number, keys: OneTimeKey[]) {
    return this.#guard.asAgreedOnce(nonce, (now) => {
      const unclaimed = this.#store.transaction(() => {
        this.#store.state.useNonce(nonce, now);
        return this.#store.keys.replace(keys);
      });
      this.#alarm.by(Math.min(...keys.map(({ expires }) => expires)));
      return { outcome: "replaced", unclaimed } as const;
    });
  }

  async useNonce(nonce: number) {
    return this.#guard.asOwnerOnce(nonce, (now, { routeClaim, noticeVersion }) => {
      this.#store.transaction(() => this.#store.state.useNonce(nonce, now));
      // Set since it was opened, unless that was before mailboxes lapsed.
      this.#alarm.by(lapsesAt(dayOf(now)));
      return { outcome: "used", nonce, routeClaim, noticeVersion } as const;
    });
  }

  async rotateDeliveryToken(nonce: number) {
    return this.#guard.asAgreedOnce(nonce, (now) => {
      const epoch = this.#store.transaction(() => {
        this.#store.permits.endAll();
        return this.#store.state.rotate(nonce, now);
      });
      return { outcome: "rotated", epoch } as const;
    });
  }

  async held() {
    return this.#guard.asOwnerToTheEnd(
      () => ({ outcome: "held", tables: readTables(this.ctx.storage.sql) }) as const,
    );
  }

  override async fetch(request: Request): Promise<Response> {
    const nonce = Number(request.headers.get(NONCE_HEADER) ?? Number.NaN);
    const used = await this.useNonce(nonce);
    if (used.outcome !== "used") return new Response(null, { status: NO_SOCKET[used.outcome] });
    // Else the newer socket is shown what the older one has acknowledged.
    this.#acknowledgements.flush();
    const { 0: client, 1: server } = new WebSocketPair();
    this.#line.accept(server);
    if (isSuspended(used.noticeVersion)) this.#line.notice("notice-changed");
    if (used.routeClaim !== null) this.#line.notice("number-claimed");
    this.#delivery.drain(this.#now());
    const headers = { "Sec-WebSocket-Protocol": SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    // A replaced socket is not listened to: it could not be told what its acknowledgement did, and what it did
    // not acknowledge is on its way through the newer one.
    if (!this.#line.is(socket)) return;
    const frame = typeof data === "string" ? undefined : decodeDeviceFrame(new Uint8Array(data));
    if (frame === undefined) {
      this.#acknowledgements.flush();
      this.#line.close(CLOSE.malformedFrame);
      return;
    }
    const done = await this.#acknowledgements.take(frame.ids, (results) => {
      if (this.#line.is(socket)) this.#line.confirm(results);
      return { outcome: "confirmed" } as const;
    });
    if (done.outcome !== "confirmed" && this.#line.is(socket)) this.#line.close(CLOSE.unavailable);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#acknowledgements.flush();
    this.#line.ended(socket);
    // The platform leaves the closing handshake (RFC 6455 §7.1.2) half done, and the device waiting for it.
    socket.close(NORMAL_CLOSURE);
  }

  override webSocketError(socket: WebSocket): void {
    this.#acknowledgements.flush();
    this.#line.ended(socket);
  }

  /** Erases what is due, lapses if that is due, and goes on with a withdrawal or an opening. Harmless early, late and twice. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    const done = this.#guard.attempt((now) => {
      const state = this.#store.state.read();
      if (state.status === "absent") return { outcome: "absent" } as const;
      this.#store.transaction(() => this.#store.eraseDue(now));
      this.#alarm.by(this.#store.nextErasure());
      const next = this.#withdrawal.lapse(state, now);
      if (next.status === "open") this.#delivery.drain(now);
      return { outcome: "erased", state: next, now } as const;
    });
    if (done.outcome === "unavailable") this.#alarm.by(this.#now() + ALARM_RETRY);
    if (done.outcome !== "erased") return;
    if (done.state.status === "withdrawing") await this.#withdrawal.goOn(done.state, done.now);
    if (done.state.status === "opening") await this.#opening.settle(done.state, done.now);
  }

  /** A live instance survives its own deleteAll(): what it remembers has to go too. */
  #eraseAll(): Promise<void> {
    const erased = this.ctx.storage.deleteAll();
    this.#store.forget();
    this.#alarm.fired();
    return erased;
  }

  /** The one place where the clock is read. */
  #now(): number {
    return Date.now();
  }
}
