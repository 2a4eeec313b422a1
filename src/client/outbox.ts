/**
 * Sending. One vault transaction moves the channels on and journals the sealed bytes; only then does anything
 * leave, and every retry sends the same bytes. The recipient knows a double by its tag.
 */
import { encodeBase64url } from "../protocol/base64url.ts";
import { copyFor, destinationOf, lettersTo, newTextId } from "./addressing.ts";
import { compose, type Posted } from "./composing.ts";
import { requireConsent } from "./consent-record.ts";
import { noteIntroducing } from "./conversations/known.ts";
import { askState, revokeDeposit } from "./deposit.ts";
import { Depositor } from "./depositing/depositor.ts";
import { addErrand } from "./errands.ts";
import { tendPool } from "./key-pool.ts";
import { personOf, siblingsOf } from "./people/persons.ts";
import { POOL_MADE } from "./pool-record.ts";
import { dropQueued, isQueueEmpty, listQueued, type Queued } from "./queue.ts";
import { isTransient, RelayProblem } from "./relay-problem.ts";
import { getSent, type Piece, putPiece, putSent, type Sent } from "./sent.ts";
import type { Session } from "./session.ts";
import { Turns } from "./vault/turns.ts";
import type { VaultDraft } from "./vault/vault.ts";

export interface SendOptions {
  readonly ttlSeconds: number;
  readonly revocable: boolean;
  /** The text's id, 16 octets, when it was chosen before. */
  readonly id?: Uint8Array;
  /** Noted in the transaction that seals the text. */
  readonly alongside?: (draft: VaultDraft) => void;
}

/**
 * How much later the owner's other devices are sent their copy, in ms: at most this, at random. In the same moment
 * the relay would see which mailboxes belong together.
 */
const COPY_DELAY = 3000;

export class Outbox {
  readonly #session: Session;
  /**
   * By recipient, one text is sealed at a time: a second founding to the same device, made while the first waits for
   * its key, would waste one. By device, one run is deposited at a time. One that can't be reached does not hold the
   * others up.
   */
  readonly #turns = new Map<string, Turns>();
  readonly #depositor: Depositor;
  /** Texts whose state is the answer to whoever is sending them, and so no news. */
  readonly #sending = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
    this.#depositor = new Depositor(session, (changed) => this.#tell(changed));
  }

  /**
   * Seals, journals and deposits. Resolves with what is then known; `queued` when the relay can't be reached. Texts that
   * are sealed while one is on its way leave together.
   */
  async send(to: string, body: string, options: SendOptions): Promise<Sent> {
    const { leaving } = await this.inTurn(`to ${to}`, async () => {
      const { vault, identity } = this.#session;
      destinationOf(vault, identity.address.text, to);
      const current = await this.isCurrent();
      const id = options.id ?? newTextId();
      const { sent, devices, begins } = await this.#compose(to, id, body, options);
      const leaving = this.#leave(sent, devices, current);
      // The next may be sealed in another way when this is refused, or is held for less than was asked.
      if (begins) await leaving;
      return { leaving };
    });
    return leaving;
  }

  get isEmpty(): boolean {
    return isQueueEmpty(this.#session.vault);
  }

  /** Sends what an earlier run or an unreachable relay left. */
  async flush(): Promise<void> {
    if (this.isEmpty || !(await this.isCurrent())) return;
    const devices = new Set(listQueued(this.#session.vault).map(([, { to }]) => to));
    await Promise.all([...devices].map((device) => this.flushTo(device, true, devices.size > 1)));
  }

  /**
   * Takes a revocable text back from every mailbox it went to.
   *
   * @returns its state then: `revoked` with the relay's proof, or `delivered` when a recipient was first; `undecided`
   *   also when one was first that can't be known to have opened it
   */
  async revoke(id: string): Promise<Sent> {
    const sent = this.#require(id);
    if (sent.pieces.every(({ key }) => key === undefined))
      throw new RangeError("id: this text was not sent as revocable");
    return this.#eachPiece(
      id,
      ({ key, state }) => key !== undefined && state !== "revoked" && state !== "delivered",
      async (piece, index, key) => {
        const outcome = await revokeDeposit(this.#session, piece.device, key);
        await this.#session.vault.transaction((draft) => {
          const isPiece = (queued: Queued) => queued.piece?.textId === id && queued.piece.index === index;
          dropQueued(draft, isPiece, outcome);
          putPiece(draft, id, index, outcome);
        });
      },
    );
  }

  /** What is known of a text, asking the relays where they can still say: of revocable ones. */
  state(id: string): Promise<Sent> {
    return this.#eachPiece(
      id,
      ({ key, state }) => key !== undefined && state === "held",
      async (piece, index, key) => {
        const outcome = await askState(this.#session, piece.device, key);
        await this.#session.vault.transaction((draft) => putPiece(draft, id, index, outcome));
      },
    );
  }

  /**
   * Whether the relay says that this vault is no old copy. Without its word a text may be written, and waits: on
   * a chain that was moved on elsewhere it would be taken for a double.
   */
  async isCurrent(): Promise<boolean> {
    const { vault } = this.#session;
    requireConsent(vault);
    try {
      await this.#session.ensureCurrent();
      if (vault.get(POOL_MADE) === undefined) await tendPool(this.#session);
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      return false;
    }
  }

  /**
   * In the order in which they were sealed.
   *
   * @param current whether this vault is known to be no old copy: else nothing is tried
   * @param together whether something for other devices is about to leave as well
   */
  flushTo(device: string, current: boolean, together: boolean): Promise<void> {
    return this.inTurn(device, () => this.#depositor.depositTo(device, current, together));
  }

  inTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(name) ?? new Turns();
    this.#turns.set(name, turns);
    return turns.run(run);
  }

  /** Names of envelopes that were queued in this run and may be tried as the first to arrive. */
  noteUntried(names: readonly string[]): void {
    this.#depositor.noteUntried(names);
  }

  /** Ends connections to relays. What was not answered stays in the queue. */
  close(): void {
    this.#depositor.close();
  }

  async #leave(sent: Sent, devices: readonly string[], current: boolean): Promise<Sent> {
    this.#sending.add(sent.id);
    try {
      await Promise.all(devices.map((device) => this.flushTo(device, current, devices.length > 1)));
    } finally {
      this.#sending.delete(sent.id);
    }
    // Gone only if the consent was withdrawn meanwhile.
    return getSent(this.#session.vault, sent.id) ?? { ...sent, state: "undecided" };
  }

  /** `begins`: there is something in it that what is sent next builds on: a channel, or what a conversation is. */
  async #compose(to: string, id: Uint8Array, body: string, options: SendOptions) {
    const { ttlSeconds, revocable, alongside } = options;
    const { vault, identity, platform } = this.#session;
    const own = identity.address.text;
    let begins = false;
    const sent = await compose(this.#session, ttlSeconds, {
      letters: (reader) =>
        lettersTo(reader, destinationOf(reader, own, to), { id, body, revocable }, platform.now()),
      note: (draft, posted, failures, enqueue) => {
        const names: string[] = [];
        begins = posted.some(
          ({ queued, content }) => queued.position === 0 || content?.kind === "conversation",
        );
        const textId = encodeBase64url(id);
        const pieces: Piece[] = [];
        for (const item of posted) {
          const piece = pieceOf(item);
          const introduces = item.content?.kind === "conversation" ? { introduces: to } : {};
          const queued = { ...item.queued, ...introduces };
          names.push(enqueue({ ...item, queued }, piece && { textId, index: pieces.length }));
          if (piece !== undefined) pieces.push(piece);
          if (item.content?.kind === "conversation") noteIntroducing(draft, to, queued.to, queued.expires);
        }
        // Before they are there: what leaves for the device just then takes them along.
        this.noteUntried(names);
        const now = platform.now();
        pieces.push(...refusedPieces(draft, failures));
        this.#copyToSiblings(draft, to, id, body);
        alongside?.(draft);
        const ends = posted.map(({ queued }) => queued.expires);
        return putSent(draft, { id: textId, to, sentAt: now, expires: Math.max(now, ...ends), pieces });
      },
    });
    const devices = new Set(sent.pieces.map(({ device }) => device));
    return { sent: getSent(vault, sent.id) ?? sent, devices: [...devices], begins };
  }

  #copyToSiblings(draft: VaultDraft, to: string, id: Uint8Array, body: string): void {
    const { identity, platform } = this.#session;
    const own = identity.address.text;
    const siblings = siblingsOf(draft, own);
    if (siblings.length === 0) return;
    const destination = destinationOf(draft, own, to);
    const [other] = destination.people;
    const author = personOf(draft, own);
    const copy =
      destination.definition === undefined && other !== undefined ? { author, with: other } : { author };
    const due = platform.now() + Math.floor(Math.random() * COPY_DELAY);
    for (const sibling of siblings)
      for (const content of copyFor(destination, copy, id, body)) addErrand(draft, sibling, content, due);
  }

  #tell(changed: readonly Sent[]): void {
    const news = changed.filter(({ id }) => !this.#sending.has(id));
    this.#session.news.tell(news.map((sent) => ({ kind: "sent", sent })));
  }

  /** Does something about each of a text's pieces that `which` picks and that has a key. */
  async #eachPiece(
    id: string,
    which: (piece: Piece) => boolean,
    run: (piece: Piece, index: number, key: string) => Promise<void>,
  ): Promise<Sent> {
    await Promise.all(
      this.#require(id).pieces.map(({ device }, index) =>
        this.inTurn(device, async () => {
          const piece = this.#require(id).pieces[index];
          if (piece?.key !== undefined && which(piece)) await run(piece, index, piece.key);
        }),
      ),
    );
    return this.#require(id);
  }

  #require(id: string): Sent {
    const sent = getSent(this.#session.vault, id);
    if (sent === undefined) throw new RangeError("id: no text with this id is known here");
    return sent;
  }
}

function pieceOf({ letter, content, queued }: Posted): Piece | undefined {
  if (letter.person === undefined || (content?.kind !== "text" && content?.kind !== "part")) return undefined;
  return {
    person: letter.person,
    device: letter.device.text,
    part: content.kind === "part" ? content.index : 0,
    state: "queued",
    channelId: queued.channelId,
    position: queued.position,
    ...(queued.key === undefined ? {} : { key: queued.key }),
  };
}

/** Devices for which no key could be had get nothing, and the sender is told. */
function refusedPieces(draft: VaultDraft, failures: ReadonlyMap<string, unknown>): Piece[] {
  return [...failures].map(([device, error]) => ({
    person: personOf(draft, device),
    device,
    part: 0,
    state: "refused",
    ...(error instanceof RelayProblem ? { problem: error.code } : {}),
  }));
}
