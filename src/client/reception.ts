/** What arrives, by socket or by pull, on its way into the inbox; and what connecting is an occasion for. */
import type { ErasedAnswer, MessagesAnswer } from "../protocol/answers.ts";
import { decodeBase64url } from "../protocol/base64url.ts";
import type { RelayFrame } from "../protocol/frames.ts";
import { MAX_ACKNOWLEDGED_IDS } from "../protocol/limits.ts";
import { ROUTES } from "../protocol/routes.ts";
import type { HeldEnvelope } from "./aside.ts";
import { sweepChannels } from "./channel/sweeping.ts";
import { requireConsent } from "./consent.ts";
import { Inbox, type IncomingText } from "./inbox.ts";
import { tendPool } from "./key-pool.ts";
import { Line, type LineState } from "./line.ts";
import { isTransient, RelayProblem } from "./relay-problem.ts";
import { sweepSent } from "./sent.ts";
import type { Session } from "./session.ts";
import { callSigned } from "./transport.ts";
import { VaultInUseError } from "./vault/vault.ts";

export interface ReceptionOptions {
  readonly signal?: AbortSignal;
  readonly once?: boolean;
  readonly onState?: (state: LineState) => void;
}

export class Reception {
  readonly #session: Session;
  readonly #inbox: Inbox;
  readonly #onConnected: () => Promise<void>;
  #line: Line | undefined;
  #failed: (error: unknown) => void = () => undefined;
  #arrived: HeldEnvelope[] = [];
  #working: Promise<void> | undefined;

  constructor(session: Session, onConnected: () => Promise<void>) {
    this.#session = session;
    this.#inbox = new Inbox(session);
    this.#onConnected = onConnected;
  }

  async *texts(options: ReceptionOptions): AsyncGenerator<IncomingText, void, undefined> {
    requireConsent(this.#session.vault);
    const signal = options.signal ?? new AbortController().signal;
    if (options.once) {
      await this.#pull();
      yield* this.#inbox.texts(signal, () => true);
      return;
    }
    if (this.#line !== undefined) throw new Error("The inbox is open already: one loop at a time.");
    const ended = new AbortController();
    this.#failed = (error) => ended.abort(error);
    const line = this.#connect((state) => {
      options.onState?.(state);
      if (state === "replaced" || state === "withdrawn") ended.abort();
    });
    try {
      yield* this.#inbox.texts(AbortSignal.any([signal, ended.signal]), () => false);
      if (ended.signal.reason instanceof VaultInUseError) throw ended.signal.reason;
    } finally {
      await line.stop();
      this.#line = undefined;
      await this.#working;
    }
  }

  async stop(): Promise<void> {
    await this.#line?.stop();
    await this.#working;
  }

  #connect(onState: (state: LineState) => void): Line {
    this.#arrived = [];
    const line = new Line(this.#session, {
      frame: (frame) => this.#frame(line, frame),
      state: (state) => {
        if (state === "open") this.#reconfirm(line);
        onState(state);
      },
      mayReconnect: () => this.#mayReconnect(),
    });
    this.#line = line;
    line.start();
    return line;
  }

  #frame(line: Line, frame: RelayFrame): void {
    if (frame.kind === "message") {
      const { id, body, heldUntil, revocable } = frame;
      this.#arrived.push({ id, envelope: body, heldUntil, revocable });
      this.#work(() => this.#takeArrived(line));
    } else if (frame.kind === "erased") this.#work(() => this.#inbox.confirm(frame.results));
    else this.#work(() => this.#caughtUp());
  }

  /** Everything that came while the batch before was worked on goes together: one checkpoint for all. */
  async #takeArrived(line: Line): Promise<void> {
    const batch = this.#arrived.splice(0);
    if (batch.length === 0) return;
    await this.#inbox.receive(batch, async (ids) => {
      line.acknowledge(ids);
      return undefined;
    });
  }

  /** A confirmation that got lost is asked for again: the relay answers the same as the first time. */
  #reconfirm(line: Line): void {
    const ids = this.#inbox.unconfirmed();
    if (ids.length > 0) line.acknowledge(ids);
  }

  async #caughtUp(): Promise<void> {
    await this.#tend();
    await this.#onConnected();
  }

  async #pull(): Promise<void> {
    const { platform, identity } = this.#session;
    const erase = async (ids: readonly number[]) => {
      const json = { ids };
      const answer = await callSigned<ErasedAnswer>(platform, identity, {
        method: "DELETE",
        path: ROUTES.messages,
        json,
      });
      return ids.map((id) => ({ id, erased: answer.erased.includes(id) }));
    };
    const lost = this.#inbox.unconfirmed();
    for (let at = 0; at < lost.length; at += MAX_ACKNOWLEDGED_IDS)
      await this.#inbox.confirm(await erase(lost.slice(at, at + MAX_ACKNOWLEDGED_IDS)));
    for (let more = true; more; ) {
      const page = await callSigned<MessagesAnswer>(platform, identity, {
        method: "GET",
        path: ROUTES.messages,
      });
      const batch = page.messages.map(({ body, ...rest }) => ({
        ...rest,
        envelope: decodeBase64url(body) ?? new Uint8Array(),
      }));
      if (batch.length > 0) await this.#inbox.receive(batch, erase);
      more = page.more;
    }
    await this.#caughtUp();
  }

  async #tend(): Promise<void> {
    const { vault, platform } = this.#session;
    await vault.transaction((draft) => {
      sweepChannels(draft, platform.now());
      sweepSent(draft, platform.now());
    });
    await tendPool(this.#session);
  }

  async #mayReconnect(): Promise<boolean> {
    try {
      await tendPool(this.#session);
      return true;
    } catch (error) {
      return !(error instanceof RelayProblem && error.code === "no-consent");
    }
  }

  /**
   * One step after the other. After a failure nothing was acknowledged: a new connection brings it again. A vault
   * that somebody else writes to is the app's to know, and the end of this loop.
   */
  #work(step: () => Promise<void>): void {
    const run = (this.#working ?? Promise.resolve()).then(step);
    this.#working = run.catch((error) => {
      if (error instanceof VaultInUseError) this.#failed(error);
      else if (!isTransient(error)) this.#line?.reconnect();
    });
  }
}
