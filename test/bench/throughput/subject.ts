/** What is measured and what it is compared with, as the measurement sees them: each in a file of its own. */
import type { Usage } from "../machine/usage.ts";

/** `held`: stored, then drained and acknowledged. `live`: to recipients that are there, until they acknowledged. */
export type Shape = "held" | "live";

export interface Subject {
  readonly name: string;
  readonly shapes: readonly Shape[];
  /** What it is and how it was set up, a line each. */
  readonly settings: readonly string[];

  /** Makes so many mailboxes, or what stands for them; they are there until it stops. */
  prepare(mailboxes: number): Promise<void>;

  /** Resolves when the sender was told that the subject has the message. */
  deposit(mailbox: number, body: Buffer): Promise<void>;

  /**
   * The recipients of the first so many mailboxes come, if they are not there. They acknowledge whatever they get, and `arrived` is told the
   * number in each.
   */
  connect(mailboxes: number, arrived: (number: number) => void): Promise<void>;
  disconnect(): Promise<void>;

  /** The recipients come, get as many messages each as `counts` says, acknowledge them, and go. */
  drain(counts: readonly number[]): Promise<void>;

  usage(): Usage;
  stop(): Promise<void>;
}

export interface AnySubject extends Subject {
  /** That a live deposit was answered says it all: nobody is told of its arrival. */
  readonly arrives?: false;
  /** Deposits that it sends at once: what is in flight is so many times as much. */
  readonly batch?: number;
}
