/** Gathers what leaves for one relay in the same moment, and carries it there by a deposit socket. */
import { MAX_SOCKET_DEPOSITS } from "../../protocol/limits.ts";
import type { Platform } from "../transport.ts";
import { DepositSocket, type Outgoing, type RunAnswers } from "./deposit-socket.ts";

/**
 * After a socket could not be opened, plain requests do for so long; twice as long after each further time. A proxy in
 * between, or an older relay, stays as it is; a network that was gone comes back.
 */
const FIRST_REST = 60_000;
const MAX_REST = 60 * FIRST_REST;

interface Gathered {
  readonly items: readonly Outgoing[];
  readonly resolve: (answers: RunAnswers | undefined) => void;
}

interface Rest {
  readonly failures: number;
  readonly until: number;
}

export class Carrier {
  readonly #platform: Platform;
  /** By relay: the one that takes more. */
  readonly #sockets = new Map<string, DepositSocket>();
  readonly #open = new Set<DepositSocket>();
  readonly #gathered = new Map<string, Gathered[]>();
  readonly #resting = new Map<string, Rest>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Whether more than one envelope for this relay should be left to {@link carry}. */
  mayCarry(relay: string): boolean {
    const until = this.#resting.get(relay)?.until ?? 0;
    return this.#platform.depositsBySocket === true && this.#platform.now() >= until;
  }

  /**
   * Carries consecutive envelopes for one mailbox, in one frame with whatever else leaves for the relay in this moment.
   *
   * @returns what became of each, in their order; or undefined as a whole when nothing was sent: there was only one, or
   *   no socket. Then it is for plain requests.
   */
  carry(relay: string, items: readonly Outgoing[]): Promise<RunAnswers | undefined> {
    return new Promise((resolve) => {
      const gathered = this.#gathered.get(relay);
      if (gathered !== undefined) {
        gathered.push({ items, resolve });
        return;
      }
      this.#gathered.set(relay, [{ items, resolve }]);
      // Whatever is ready for its relay in this turn of the event loop.
      setTimeout(() => this.#leave(relay), 0);
    });
  }

  /** The relay does not answer plain requests either: that no socket could be opened says nothing of sockets. */
  noteUnreachable(relay: string): void {
    this.#resting.delete(relay);
  }

  /** Ends all sockets. What they have not answered may have been done. */
  close(): void {
    for (const socket of this.#open) socket.close();
  }

  #leave(relay: string): void {
    const gathered = this.#gathered.get(relay) ?? [];
    this.#gathered.delete(relay);
    let count = 0;
    const carried = gathered.filter(({ items }) => {
      if (count + items.length > MAX_SOCKET_DEPOSITS) return false;
      count += items.length;
      return true;
    });
    const socket = count > 1 ? this.#socketTo(relay, count) : undefined;
    const sent = socket?.send(carried.map(({ items }) => items)) ?? [];
    for (const one of gathered) {
      const answers = sent[carried.indexOf(one)];
      if (answers === undefined) one.resolve(undefined);
      else void answers.then(one.resolve);
    }
  }

  #socketTo(relay: string, count: number): DepositSocket | undefined {
    const present = this.#sockets.get(relay);
    if (present?.hasLeft(count)) return present;
    if (!this.mayCarry(relay)) return undefined;
    try {
      const socket = new DepositSocket(this.#platform, relay, (failed) => {
        this.#open.delete(socket);
        if (this.#sockets.get(relay) === socket) this.#sockets.delete(relay);
        if (failed) this.#rest(relay);
        else this.#resting.delete(relay);
      });
      this.#open.add(socket);
      this.#sockets.set(relay, socket);
      return socket;
    } catch {
      this.#rest(relay);
      return undefined;
    }
  }

  #rest(relay: string): void {
    const failures = (this.#resting.get(relay)?.failures ?? 0) + 1;
    const rest = Math.min(MAX_REST, FIRST_REST * 2 ** (failures - 1));
    this.#resting.set(relay, { failures, until: this.#platform.now() + rest });
  }
}
