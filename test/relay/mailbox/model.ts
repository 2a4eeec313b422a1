/**
 * The mailbox's specification: one mailbox, its device and its senders, as a pure state machine. model.test.ts
 * drives it beside the real object and compares, after every command, the answer and all that anyone can see.
 *
 * Messages go by number, revocable deposits by key, epochs and consents by serial number. What is due does not
 * exist here: if the real alarm is early, late or runs twice, nobody may be able to tell.
 */
import { CLOSE } from "../../../src/protocol/close.ts";
import {
  MARK_GRACE,
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_MARKS,
  MAX_TTL_SECONDS,
  WINDOW_BYTES,
  WINDOW_MESSAGES,
} from "../../../src/protocol/limits.ts";

export interface Held {
  readonly number: number;
  readonly size: number;
  readonly came: number;
  readonly expiresAt: number;
  /** Of a revocable deposit. */
  readonly key?: number;
}

export interface Mark {
  readonly key: number;
  /** Of the message that it was; undefined when it never was one. */
  readonly number?: number | undefined;
  readonly state: "delivered" | "revoked" | "expired";
  readonly expiresAt: number;
  readonly endedAt: number;
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

export interface Model {
  readonly now: number;
  readonly life: "absent" | "open" | "withdrawing";
  readonly consent: number;
  readonly epoch: number;
  readonly nonce: number;
  /** Oldest first. */
  readonly held: readonly Held[];
  readonly marks: readonly Mark[];
  readonly oneTimeKeys: readonly { expiresAt: number; lastResort: boolean }[];
  /** The newest; it keeps what it saw when it is closed. */
  readonly device?: Device;
  /** How often something was stored, changed or erased: what a failing storage would have prevented. */
  readonly writes: number;
}

export type Command =
  | { do: "grant"; consent: number; nonce: number }
  | { do: "withdraw"; consent: number; nonce: number }
  | { do: "deposit"; epoch: number; number: number; size: number; ttl: number }
  | { do: "deposit revocable"; epoch: number; number: number; size: number; ttl: number; key: number }
  | { do: "revoke"; epoch: number; key: number }
  | { do: "acknowledge"; numbers: (number | undefined)[]; by: "socket" | "http" }
  | { do: "publish keys"; nonce: number; oneTime: number; lastResort: boolean; lifetime: number }
  | { do: "claim key"; epoch: number }
  | { do: "rotate token"; nonce: number }
  | { do: "connect"; nonce: number; habit: Habit }
  | { do: "disconnect" }
  | { do: "send nonsense" }
  | { do: "let time pass"; milliseconds: number }
  | { do: "run alarm" }
  | { do: "hibernate" }
  | { do: "restart" };

export type Answer = string | readonly [outcome: string, detail: unknown];
type Step = readonly [Model, Answer];

export function absent(now: number): Model {
  return {
    ...{ now, life: "absent", consent: 0, epoch: 0, nonce: 0 },
    ...{ held: [], marks: [], oneTimeKeys: [], writes: 0 },
  };
}

/** One command while all is well. */
export function step(model: Model, command: Command): Step {
  switch (command.do) {
    case "grant":
      return grant(model, command);
    case "withdraw":
      return withdraw(model, command);
    case "deposit":
      if (!opensTo(model, command.epoch)) return [drain(model), "not-authorized"];
      return command.ttl === 0 ? depositUnstored(model, command) : deposit(model, command);
    case "deposit revocable":
      if (!opensTo(model, command.epoch)) return [drain(model), "not-authorized"];
      return depositRevocable(model, command);
    case "revoke":
      return opensTo(model, command.epoch) ? revoke(model, command.key) : [model, "not-authorized"];
    case "acknowledge":
      return acknowledge(model, command);
    case "publish keys":
      return owner(model, command.nonce, (open) => {
        const expiresAt = model.now + command.lifetime;
        const pool = Array.from({ length: command.oneTime }, () => ({ expiresAt, lastResort: false }));
        const oneTimeKeys = command.lastResort ? [...pool, { expiresAt, lastResort: true }] : pool;
        return [{ ...open, oneTimeKeys }, "replaced"];
      });
    case "claim key":
      return opensTo(model, command.epoch) ? claimKey(model) : [model, "not-authorized"];
    case "rotate token":
      return owner(model, command.nonce, (open) => [{ ...open, epoch: model.epoch + 1 }, "rotated"]);
    case "connect":
      return owner(model, command.nonce, (open) => {
        const fresh = { shown: [], unacknowledged: [], told: [], caughtUp: false, slow: false };
        return [drain({ ...open, device: { habit: command.habit, ...fresh } }), "connected"];
      });
    case "disconnect":
    case "restart":
      return [close(model, 0), "done"];
    case "send nonsense":
      return [close(model, CLOSE.malformedFrame.code), "done"];
    case "let time pass":
      return [passTime(model, command.milliseconds), "done"];
    case "run alarm":
      return [model.life === "withdrawing" ? erased(model) : drain(model), "done"];
    case "hibernate":
      return [hibernate(model), "done"];
  }
}

/** The same command while storage fails: what would have written anything has not happened. */
export function stepWithoutStorage(model: Model, command: Command): Step {
  if (model.life === "withdrawing" && command.do === "withdraw" && command.consent === model.consent)
    return [model, "withdrawing"];
  const [after, answer] = step(model, command);
  if (after.writes === model.writes) return [after, answer];
  // Its acknowledgement is not confirmed: the device has to come back and will be shown again.
  if (command.do === "acknowledge" && command.by === "socket")
    return [close(model, CLOSE.unavailable.code), "sent"];
  return [model, "unavailable"];
}

/** The same command while D1 fails: a withdrawal begins, and waits. */
export function stepWithoutRecords(model: Model, command: Command): Step {
  const [after, answer] = step(model, command);
  if (model.life === "absent" || after.life !== "absent") return [after, answer];
  const withdrawing = close({ ...model, life: "withdrawing" }, CLOSE.withdrawn.code);
  return [withdrawing, command.do === "withdraw" ? "withdrawing" : "done"];
}

function grant(model: Model, { consent, nonce }: { consent: number; nonce: number }): Step {
  if (model.life === "withdrawing") return [model, "withdrawing"];
  if (model.life === "absent")
    return [wrote({ ...model, life: "open", consent, nonce, epoch: model.epoch + 1 }), "opened"];
  if (consent === model.consent && nonce === model.nonce) return [model, "already-open"];
  if (nonce <= model.nonce) return [model, "nonce-used"];
  return [wrote({ ...model, consent, nonce }), "already-open"];
}

function withdraw(model: Model, { consent, nonce }: { consent: number; nonce: number }): Step {
  if (model.life === "absent" || consent !== model.consent) return [model, "no-consent"];
  if (model.life === "open" && nonce <= model.nonce) return [model, "nonce-used"];
  return [erased(model), "withdrawn"];
}

function deposit(model: Model, message: { number: number; size: number; ttl: number }): Step {
  const { number, size, ttl } = message;
  if (!hasRoom(model, size)) return [drain(model), "full"];
  const expiresAt = endOf(model, ttl);
  const held = [...model.held, { number, size, came: model.now, expiresAt }];
  const after = drain(wrote({ ...model, held }));
  if (!after.held.some((one) => one.number === number)) return [after, "delivered"];
  return [missed(after, number), ["held", expiresAt]];
}

/** Deliver now or never: shown to a device that has nothing to catch up on, and stored nowhere. */
function depositUnstored(before: Model, { number, size }: { number: number; size: number }): Step {
  const model = drain(before);
  const { device } = model;
  if (!isOpen(device) || device.slow || isBehind(model) || !fits(device, size)) return [model, "expired"];
  const shown = show(model, { number, size, expiresAt: Number.POSITIVE_INFINITY });
  if (device.habit === "prompt") return [confirm(shown, [[number, true]]), "delivered"];
  return [missed(shown, number), "undecided"];
}

function depositRevocable(
  model: Model,
  { key, number, size, ttl }: { key: number; number: number; size: number; ttl: number },
): Step {
  const known = stateOf(model, key);
  if (known !== undefined) return [drain(model), known];
  if (countMarks(model) >= MAX_MARKS) return [drain(model), "full"];
  const expiresAt = endOf(model, ttl);
  if (ttl === 0) {
    const mark = { key, state: "expired", expiresAt, endedAt: model.now } as const;
    return [drain(wrote({ ...model, marks: [...model.marks, mark] })), "expired"];
  }
  if (!hasRoom(model, size)) return [drain(model), "full"];
  const held = [...model.held, { number, size, came: model.now, expiresAt, key }];
  return [drain(wrote({ ...model, held })), ["held", expiresAt]];
}

/** The first of acknowledge and revoke wins, for good. */
function revoke(model: Model, key: number): Step {
  const state = stateOf(model, key);
  const mark = model.marks.find((one) => one.key === key);
  if (state === "delivered") return [model, "already-delivered"];
  if (state === "revoked") return [drain(model), ["revoked", mark?.endedAt]];
  if (state === undefined && countMarks(model) >= MAX_MARKS) return [model, "full"];
  const one = model.held.find((candidate) => candidate.key === key);
  const number = one?.number ?? mark?.number;
  const expiresAt = one?.expiresAt ?? mark?.expiresAt ?? model.now + MAX_TTL_SECONDS * 1000;
  const revoked = { key, number, state: "revoked", expiresAt, endedAt: model.now } as const;
  const after = {
    ...settle(model, number),
    held: model.held.filter((candidate) => candidate.key !== key),
    marks: [...model.marks.filter((candidate) => candidate.key !== key), revoked],
  };
  return [drain(wrote(after)), ["revoked", model.now]];
}

function acknowledge(
  model: Model,
  { numbers, by }: { numbers: (number | undefined)[]; by: "socket" | "http" },
): Step {
  if (by === "socket" && !isOpen(model.device)) return [model, "no socket"];
  if (model.life !== "open") return [model, "no-consent"];
  let after = model;
  const results: [number | undefined, boolean][] = [];
  for (const number of by === "http" ? new Set(numbers) : numbers) {
    const [next, erasedNow] = erase(after, number);
    after = settle(next, number);
    results.push([number, erasedNow]);
  }
  if (by === "socket") return [drain(confirm(after, results)), "sent"];
  const erasedNumbers = results.filter(([, erasedNow]) => erasedNow).map(([number]) => number);
  return [drain(after), ["acknowledged", erasedNumbers]];
}

function claimKey(model: Model): Step {
  const oneTime = model.oneTimeKeys.find(({ lastResort }) => !lastResort);
  if (oneTime === undefined)
    return [model, model.oneTimeKeys.length > 0 ? ["claimed", "last-resort"] : "no-one-time-key"];
  const oneTimeKeys = model.oneTimeKeys.filter((key) => key !== oneTime);
  return [wrote({ ...model, oneTimeKeys }), ["claimed", "one-time"]];
}

function passTime(model: Model, milliseconds: number): Model {
  const now = model.now + milliseconds;
  const expired = model.held.flatMap(({ key, number, expiresAt }) =>
    key === undefined || expiresAt > now
      ? []
      : [{ key, number, state: "expired", expiresAt, endedAt: expiresAt } as const],
  );
  return {
    ...model,
    now,
    held: model.held.filter(({ expiresAt }) => expiresAt > now),
    marks: [...model.marks, ...expired].filter(({ expiresAt }) => expiresAt + MARK_GRACE > now),
    oneTimeKeys: model.oneTimeKeys.filter(({ expiresAt }) => expiresAt > now),
  };
}

/** The socket stays; what it was sent and is not stored is forgotten, and cannot be waited for any more. */
function hibernate(model: Model): Model {
  const { device } = model;
  if (!isOpen(device)) return model;
  const isStored = ({ number }: { number: number }) => model.held.some((one) => one.number === number);
  const unacknowledged = device.unacknowledged.filter(isStored);
  return { ...model, device: { ...device, unacknowledged, slow: device.slow && unacknowledged.length > 0 } };
}

/** Shows the device what waits, oldest first, as far as its window goes, and tells it once when nothing is left. */
function drain(before: Model): Model {
  if (before.life !== "open" || !isOpen(before.device)) return before;
  const model = before.device.unacknowledged
    .filter(({ expiresAt }) => expiresAt <= before.now)
    .reduce((next, { number }) => settle(next, number), before);
  const { device } = model;
  if (!isOpen(device)) return model;
  const waiting = model.held.find(({ number }) => !device.shown.includes(number));
  if (waiting === undefined) return { ...model, device: { ...device, caughtUp: true } };
  if (!fits(device, waiting.size)) return model;
  const shown = show(model, waiting);
  if (device.habit !== "prompt") return drain(shown);
  const [after, erasedNow] = erase(shown, waiting.number);
  return drain(confirm(settle(after, waiting.number), [[waiting.number, erasedNow]]));
}

function show(model: Model, message: { number: number; size: number; expiresAt: number }): Model {
  const { device } = model;
  if (!isOpen(device)) return model;
  const { number, size, expiresAt } = message;
  const shown = [...device.shown, number];
  if (device.habit === "prompt") return { ...model, device: { ...device, shown } };
  const unacknowledged = [...device.unacknowledged, { number, size, expiresAt }];
  const after = { ...model, device: { ...device, shown, unacknowledged } };
  return device.habit === "breaks" ? close(after, 0) : after;
}

/** A sender waited in vain: from now on none does, until the device has acknowledged everything. */
function missed(model: Model, number: number): Model {
  const { device } = model;
  if (!isOpen(device) || !device.unacknowledged.some((one) => one.number === number)) return model;
  return { ...model, device: { ...device, slow: true } };
}

function settle(model: Model, number: number | undefined): Model {
  const { device } = model;
  if (!isOpen(device) || !device.unacknowledged.some((one) => one.number === number)) return model;
  const unacknowledged = device.unacknowledged.filter((one) => one.number !== number);
  return { ...model, device: { ...device, unacknowledged, slow: device.slow && unacknowledged.length > 0 } };
}

function erase(model: Model, number: number | undefined): [Model, boolean] {
  const one = model.held.find((candidate) => candidate.number === number);
  if (one === undefined)
    return [model, model.marks.some((mark) => mark.number === number && mark.state === "delivered")];
  const { key, expiresAt } = one;
  const held = model.held.filter((candidate) => candidate !== one);
  const mark = { number, state: "delivered", expiresAt, endedAt: model.now } as const;
  const marks = key === undefined ? model.marks : [...model.marks, { ...mark, key }];
  return [wrote({ ...model, held, marks }), true];
}

function confirm(model: Model, results: readonly [number | undefined, boolean][]): Model {
  if (!isOpen(model.device)) return model;
  return { ...model, device: { ...model.device, told: [...model.device.told, ...results] } };
}

/** Whether nothing new can be shown before something else. */
function isBehind({ held, device }: Model): boolean {
  return held.some(({ number }) => !device?.shown.includes(number));
}

export function stateOf(model: Model, key: number): Answer | undefined {
  const one = model.held.find((candidate) => candidate.key === key);
  if (one !== undefined) return ["held", one.expiresAt];
  return model.marks.find((mark) => mark.key === key)?.state;
}

function owner(model: Model, nonce: number, work: (open: Model) => Step): Step {
  if (model.life !== "open") return [model, "no-consent"];
  return nonce > model.nonce ? work(wrote({ ...model, nonce })) : [model, "nonce-used"];
}

function erased(model: Model): Model {
  const { device } = close(model, CLOSE.withdrawn.code);
  const { now, epoch } = model;
  return { ...absent(now), epoch, writes: model.writes + 1, ...(device && { device }) };
}

/** @param code 0: lost without one */
function close(model: Model, code: number): Model {
  if (!isOpen(model.device)) return model;
  return { ...model, device: { ...model.device, closed: code, unacknowledged: [] } };
}

export function isOpen(device: Device | undefined): device is Device {
  return device !== undefined && device.closed === undefined;
}

function fits({ unacknowledged }: Device, size: number): boolean {
  const bytes = unacknowledged.reduce((sum, one) => sum + one.size, size);
  return unacknowledged.length < WINDOW_MESSAGES && bytes <= WINDOW_BYTES;
}

function hasRoom({ held }: Model, size: number): boolean {
  return held.length < MAX_HELD_MESSAGES && bytesOf(held) + size <= MAX_HELD_BYTES;
}

export function bytesOf(held: readonly Held[]): number {
  return held.reduce((sum, { size }) => sum + size, 0);
}

function countMarks({ held, marks }: Model): number {
  return held.filter(({ key }) => key !== undefined).length + marks.length;
}

function endOf({ now }: Model, ttl: number): number {
  return now + Math.min(ttl, MAX_TTL_SECONDS) * 1000;
}

function opensTo(model: Model, epoch: number): boolean {
  return model.life === "open" && epoch === model.epoch;
}

function wrote(model: Model): Model {
  return { ...model, writes: model.writes + 1 };
}
