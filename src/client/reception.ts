/** What arrives, by socket or by pull, on its way into the inbox; and what connecting is an occasion for. */
import { decodeBase64url } from "../protocol/base64url.ts";
import type { RelayFrame } from "../protocol/frames.ts";
import { ROUTES } from "../protocol/routes.ts";
import type { HeldEnvelope } from "./aside.ts";
import { currentConsent, requireConsent } from "./consent-record.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { type Acknowledge, Inbox, type IncomingText } from "./inbox.ts";
import { tendPool } from "./key-pool.ts";
import { Line, type LineState } from "./line.ts";
import { readErasedAnswer, readMessagesAnswer } from "./own-relay-answer.ts";
import { isRelayError, isTransient, RelayProblem } from "./relay-problem.ts";
import type { Session } from "./session.ts";
import { callSigned } from "./transport.ts";

export interface InboxOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Take what is held now, over HTTP, and end: for a script, or a phone woken for a moment. */
  readonly once?: boolean;
  /** Told when the connection comes and goes. */
  readonly onState?: (state: LineState) => void;
}

const FOREVER = new AbortController().signal;

export class Reception {
  readonly #session: Session;
  readonly #inbox: Inbox;
  readonly #housekeeping: Housekeeping;
  #line: Line | undefined;
  /** Ends the open loop; with an error when it can't go on. */
  #end: (error?: unknown) => void = () => undefined;
  #stopped = false;
  #arrived: HeldEnvelope[] = [];
  #working: Promise<void> | undefined;

  constructor(session: Session, housekeeping: Housekeeping) {
    this.#session = session;
    this.#inbox = new Inbox(session);
    this.#housekeeping = housekeeping;
  }

  texts(options: InboxOptions): AsyncGenerator<IncomingText, void, undefined> {
    const signal = options.signal ?? FOREVER;
    if (options.once || currentConsent(this.#session.vault) === undefined) return this.#once(signal);
    return this.#live(signal, options.onState ?? (() => undefined));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end();
    await this.#line?.stop();
    await this.#working;
    await this.#inbox.finish();
  }

  /** What is in the journal is the owner's already: shown also when nothing can be fetched, or may be any more. */
  async *#once(signal: AbortSignal): AsyncGenerator<IncomingText, void, undefined> {
    let failure: { error: unknown } | undefined;
    try {
      requireConsent(this.#session.vault);
      await this.#pull();
    } catch (error) {
      failure = { error };
    }
    yield* this.#inbox.texts(signal, () => true);
    if (failure !== undefined) throw failure.error;
  }

  async *#live(
    signal: AbortSignal,
    onState: (state: LineState) => void,
  ): AsyncGenerator<IncomingText, void, undefined> {
    if (this.#line !== undefined) throw new Error("The inbox is open already: one loop at a time.");
    const ended = new AbortController();
    let failure: { error: unknown } | undefined;
    this.#end = (error) => {
      if (error !== undefined) failure = { error };
      ended.abort();
    };
    const line = this.#connect((state) => {
      onState(state);
      if (state === "replaced" || state === "withdrawn") ended.abort();
    });
    void this.#housekeeping.run(ended.signal);
    try {
      yield* this.#inbox.texts(AbortSignal.any([signal, ended.signal]), () => false);
      if (failure !== undefined) throw failure.error;
      if (!signal.aborted && !this.#stopped) yield* this.#inbox.texts(signal, () => true);
    } finally {
      ended.abort();
      await line.stop();
      this.#line = undefined;
      await this.#working;
    }
  }

  #connect(onState: (state: LineState) => void): Line {
    this.#arrived = [];
    const line = new Line(this.#session, {
      frame: (frame) => this.#frame(line, frame),
      state: (state) => {
        if (state === "open") this.#work(() => this.#inbox.reconfirm(acknowledgeOn(line)));
        onState(state);
      },
      mayReconnect: () => this.#mayReconnect(),
      failed: (error) => this.#end(error),
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
    } else if (frame.kind === "notice") {
      // `notice-changed` comes before what is held: how the mailbox stands is asked for when that has been taken.
      if (frame.what === "number-claimed") this.#work(() => this.#housekeeping.numberAlarmed());
    } else if (frame.kind === "erased") this.#work(() => this.#inbox.confirm(frame.results));
    else
      this.#work(async () => {
        await this.#inbox.retryAside();
        await this.#housekeeping.connected();
      });
  }

  /** Everything that came while the batch before was worked on goes together: one checkpoint for all. */
  async #takeArrived(line: Line): Promise<void> {
    const batch = this.#arrived.splice(0);
    if (batch.length === 0) return;
    await this.#inbox.receive(batch, acknowledgeOn(line));
  }

  async #pull(): Promise<void> {
    const { platform, identity } = this.#session;
    // An old copy of the vault would take texts for unknown or for doubles, and acknowledge them.
    await this.#session.ensureCurrent();
    await this.#inbox.reconfirm((ids) => this.#erase(ids));
    const seen = new Set<number>();
    for (let more = true; more; ) {
      const call = { method: "GET", path: ROUTES.messages } as const;
      const page = readMessagesAnswer(await callSigned<unknown>(platform, identity, call));
      const batch = page.messages.map(({ body, ...rest }) => ({
        ...rest,
        envelope: decodeBase64url(body) ?? new Uint8Array(),
      }));
      if (batch.length > 0) await this.#inbox.receive(batch, (ids) => this.#erase(ids));
      // A page that brings nothing new would bring it again and again.
      more = page.more && batch.some(({ id }) => !seen.has(id));
      for (const { id } of batch) seen.add(id);
    }
    await this.#inbox.drained();
    await this.#housekeeping.connected();
    await this.#housekeeping.sendQueued();
  }

  /** Acknowledges by HTTP, where the answer to an acknowledgement comes at once. */
  async #erase(ids: readonly number[]): Promise<{ id: number; erased: boolean }[]> {
    const { platform, identity } = this.#session;
    const call = { method: "DELETE", path: ROUTES.messages, json: { ids } } as const;
    const { erased } = readErasedAnswer(await callSigned<unknown>(platform, identity, call));
    return ids.map((id) => ({ id, erased: erased.includes(id) }));
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
   * that can't be written is the app's to know, and the end of this loop.
   */
  #work(step: () => Promise<void>): void {
    const run = (this.#working ?? Promise.resolve()).then(step);
    this.#working = run.catch((error) => {
      if (!isRelayError(error)) this.#end(error);
      else if (!isTransient(error)) this.#line?.reconnect();
    });
  }
}

/** On the socket the answer comes as a frame of its own, or not at all if the socket is gone. */
function acknowledgeOn(line: Line): Acknowledge {
  return async (ids) => {
    line.acknowledge(ids);
    return undefined;
  };
}
