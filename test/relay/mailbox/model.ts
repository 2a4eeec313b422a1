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
  MAX_UNSEEN_MARKS,
} from "../../../src/protocol/limits.ts";
import { claimKey } from "./model-claims.ts";
import {
  close,
  confirm,
  drain,
  fits,
  hibernate,
  isBehind,
  isOpen,
  missed,
  settle,
  show,
} from "./model-device.ts";
import { type Answer, erase, type Habit, type Held, type Model, type Step, wrote } from "./model-state.ts";

export type Command =
  | { do: "grant"; consent: number; nonce: number }
  | { do: "withdraw"; consent: number; nonce: number }
  | { do: "hand in withdrawal"; consent: number }
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

/** No object wakes in the millisecond in which it was put to sleep: ids rely on it (message-id.ts). */
export const WAKING_TAKES = 1;

export function absent(now: number): Model {
  return {
    ...{ now, life: "absent", consent: 0, epoch: 0, nonce: 0 },
    ...{ held: [], marks: [], oneTimeKeys: [], claimedAt: [], writes: 0 },
  };
}

/** One command while all is well. */
export function step(model: Model, command: Command): Step {
  switch (command.do) {
    case "grant":
      return grant(model, command);
    case "withdraw":
      return withdraw(model, command);
    case "hand in withdrawal":
      return withdraw(model, { ...command, nonce: Number.POSITIVE_INFINITY });
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
      return [close(model, 0), "done"];
    case "restart":
      return [passTime(close(model, 0), WAKING_TAKES), "done"];
    case "send nonsense":
      return [close(model, CLOSE.malformedFrame.code), "done"];
    case "let time pass":
      return [passTime(model, command.milliseconds), "done"];
    case "run alarm":
      return [model.life === "withdrawing" ? erased(model) : drain(model), "done"];
    case "hibernate":
      return [passTime(hibernate(model), WAKING_TAKES), "done"];
  }
}

/** The same command while storage fails: what would have written anything has not happened. */
export function stepWithoutStorage(model: Model, command: Command): Step {
  if (model.life === "withdrawing" && isWithdrawal(command) && command.consent === model.consent)
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
  return [withdrawing, isWithdrawal(command) ? "withdrawing" : "done"];
}

function isWithdrawal(command: Command): command is Command & { do: "withdraw" | "hand in withdrawal" } {
  return command.do === "withdraw" || command.do === "hand in withdrawal";
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
  const unseen = state === undefined;
  if (unseen && (countMarks(model) >= MAX_MARKS || countUnseen(model) >= MAX_UNSEEN_MARKS))
    return [model, "full"];
  const one = model.held.find((candidate) => candidate.key === key);
  const number = one?.number ?? mark?.number;
  const expiresAt = one?.expiresAt ?? mark?.expiresAt ?? model.now + MAX_TTL_SECONDS * 1000;
  const revoked = { key, number, state: "revoked", expiresAt, endedAt: model.now, unseen } as const;
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

function hasRoom({ held }: Model, size: number): boolean {
  return held.length < MAX_HELD_MESSAGES && bytesOf(held) + size <= MAX_HELD_BYTES;
}

export function bytesOf(held: readonly Held[]): number {
  return held.reduce((sum, { size }) => sum + size, 0);
}

function countMarks({ held, marks }: Model): number {
  return held.filter(({ key }) => key !== undefined).length + marks.length;
}

function countUnseen({ marks }: Model): number {
  return marks.filter(({ unseen }) => unseen).length;
}

function endOf({ now }: Model, ttl: number): number {
  return now + Math.min(ttl, MAX_TTL_SECONDS) * 1000;
}

function opensTo(model: Model, epoch: number): boolean {
  return model.life === "open" && epoch === model.epoch;
}
