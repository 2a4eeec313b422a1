/** What the model is made of (model.ts), and what an acknowledgement does to it. */
export interface Held {
  readonly number: number;
  readonly size: number;
  readonly came: number;
  readonly expiresAt: number;
  /** Of a revocable deposit. */
  readonly key?: number;
  /** Of a stranger's: the introduction that it came under. */
  readonly token?: number | undefined;
}

interface Mark {
  readonly key: number;
  /** Of the message that it was; undefined when it never was one. */
  readonly number?: number | undefined;
  readonly state: "delivered" | "revoked" | "expired";
  readonly expiresAt: number;
  readonly endedAt: number;
  /** Revoked before anything came under the key. */
  readonly unseen?: boolean;
  readonly token?: number | undefined;
}

/** What an introduction opened. */
export interface Permit {
  readonly token: number;
  readonly envelopes: number;
  readonly expiresAt: number;
  /** The delivery token was rotated. */
  readonly ended: boolean;
  /** The key that was claimed under it. */
  readonly key?: OneTimeKey | undefined;
}

interface OneTimeKey {
  readonly expiresAt: number;
  readonly lastResort: boolean;
}

/** `prompt` acknowledges each message at once, `silent` when told to, `breaks` loses its socket over a message. */
export type Habit = "prompt" | "silent" | "breaks";

export interface Device {
  readonly habit: Habit;
  /** Numbers of the messages that it was sent, in order. */
  readonly shown: readonly number[];
  readonly unacknowledged: readonly { number: number; size: number; expiresAt: number }[];
  /** What it was told of its acknowledgements; undefined stands for an id that never was. */
  readonly told: readonly [number: number | undefined, erased: boolean][];
  readonly caughtUp: boolean;
  readonly slow: boolean;
  readonly closed?: number;
}

/** Of several that were deposited together: one whose sender may still wait while something else happens. */
export interface Waiting {
  readonly number: number;
  readonly size: number;
  readonly came: number;
  readonly expiresAt: number;
  /** Where it is: in a table; in memory, with its place kept; or in memory, now or never. */
  readonly where: "stored" | "kept" | "nowhere else";
  readonly answer?: Answer;
}

export interface Model {
  readonly now: number;
  readonly life: "absent" | "open" | "withdrawing";
  readonly consent: number;
  readonly epoch: number;
  readonly nonce: number;
  /** Oldest first. */
  readonly held: readonly Held[];
  readonly marks: readonly Mark[];
  /** When each key was given out. */
  readonly claimedAt: readonly number[];
  readonly oneTimeKeys: readonly OneTimeKey[];
  /** Whether strangers may begin. */
  readonly introductions: boolean;
  readonly permits: readonly Permit[];
  /** The newest; it keeps what it saw when it is closed. */
  readonly device?: Device;
  readonly waiting: readonly Waiting[];
  /** As long as storage fails while senders wait. */
  readonly storageFails?: boolean;
  /** How often something was stored, changed or erased: what a failing storage would have prevented. */
  readonly writes: number;
}

export type Answer = string | readonly [outcome: string, detail: unknown];
export type Step = readonly [Model, Answer];

/** The device has it: it goes, or becomes a mark; a revocable one stays the device's, however often it asks. */
export function erase(before: Model, number: number | undefined): [Model, boolean] {
  const waiting = before.waiting.find((each) => each.number === number && each.answer === undefined);
  const model = waiting === undefined ? before : answer(before, waiting, "delivered");
  if (waiting !== undefined && waiting.where !== "stored") return [model, true];
  const one = model.held.find((candidate) => candidate.number === number);
  if (one === undefined)
    return [model, model.marks.some((mark) => mark.number === number && mark.state === "delivered")];
  const { key, expiresAt, token } = one;
  const held = model.held.filter((candidate) => candidate !== one);
  const mark = { number, state: "delivered", expiresAt, endedAt: model.now } as const;
  const marks = key === undefined ? model.marks : [...model.marks, { ...mark, key, token }];
  return [wrote({ ...model, held, marks }), true];
}

/** A sender of several is told. */
export function answer(model: Model, told: Waiting, what: Answer): Model {
  const waiting = model.waiting.map((each) =>
    each.number === told.number ? { ...each, answer: what } : each,
  );
  return { ...model, waiting };
}

export function wrote(model: Model): Model {
  return { ...model, writes: model.writes + 1 };
}
