/**
 * The mailbox's specification: one mailbox, its device and its senders, as a pure state machine. model.test.ts
 * drives it beside the real object and compares, after every command, the answer and all that anyone can see.
 *
 * Messages go by number, revocable deposits by key, epochs and consents by serial number. What is due does not
 * exist here: if the real alarm is early, late or runs twice, nobody may be able to tell.
 */
import { CLOSE } from "../../../src/protocol/close.ts";
import { MARK_GRACE } from "../../../src/protocol/limits.ts";
import { claimKey } from "./model-claims.ts";
import { deposit, depositUnstored, depositWithoutStorage } from "./model-deposits.ts";
import { close, confirm, drain, dropDue, hibernate, isOpen, settle, stopWaiting } from "./model-device.ts";
import { depositRevocable, revoke } from "./model-revocables.ts";
import { opensTo } from "./model-room.ts";
import { erase, type Habit, type Model, type Step, wrote } from "./model-state.ts";
import { asStranger, type Introduction } from "./model-strangers.ts";
import { type Together, together } from "./model-together.ts";

/** By a contact with the token of that epoch, or, when there is an introduction, by a stranger. */
type SenderCommand = { epoch: number; introduction?: Introduction | undefined } & (
  | { do: "deposit"; number: number; size: number; ttl: number }
  | { do: "deposit revocable"; number: number; size: number; ttl: number; key: number }
  | { do: "revoke"; key: number }
  | { do: "claim key" }
);

export type Command =
  | { do: "grant"; consent: number; nonce: number; introductions: boolean }
  | { do: "end introductions"; consent: number }
  | { do: "withdraw"; consent: number; nonce: number }
  | { do: "hand in withdrawal"; consent: number }
  | SenderCommand
  | { do: "acknowledge"; numbers: (number | undefined)[]; by: "socket" | "http" }
  | { do: "publish keys"; nonce: number; oneTime: number; lastResort: boolean; lifetime: number }
  | { do: "rotate token"; nonce: number }
  | { do: "connect"; nonce: number; habit: Habit }
  | { do: "disconnect" }
  | { do: "send nonsense" }
  | Together
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
    ...{ introductions: false, permits: [], waiting: [] },
  };
}

/** One command while all is well. */
export function step(model: Model, command: Command): Step {
  if ("introduction" in command && command.introduction !== undefined)
    return asStranger(model, { ...command, introduction: command.introduction });
  switch (command.do) {
    case "grant":
      return grant(model, command);
    case "end introductions":
      if (model.life !== "open" || command.consent !== model.consent) return [model, "no-consent"];
      return [model.introductions ? wrote({ ...model, introductions: false }) : model, "ended"];
    case "withdraw":
      return withdraw(model, command);
    case "hand in withdrawal":
      return withdraw(model, { ...command, nonce: Number.POSITIVE_INFINITY });
    case "deposit":
      if (!opensTo(model, command.epoch)) return [model, "not-authorized"];
      return command.ttl === 0 ? depositUnstored(model, command) : deposit(model, command);
    case "deposit together":
      return together(model, command, step);
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
      return owner(model, command.nonce, (open) => {
        const permits = model.permits.map((permit) => ({ ...permit, ended: true, key: undefined }));
        return [{ ...open, epoch: model.epoch + 1, permits }, "rotated"];
      });
    case "connect":
      return owner(model, command.nonce, (open) => {
        const fresh = { shown: [], unacknowledged: [], told: [], caughtUp: false, slow: false };
        const replaced = stopWaiting(open);
        return [drain({ ...replaced, device: { habit: command.habit, ...fresh } }), "connected"];
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
  if (command.do === "deposit together")
    return together({ ...model, storageFails: true }, command, stepWithoutStorage);
  if (command.do === "deposit" && isContacts(model, command) && command.ttl > 0)
    return depositWithoutStorage(model, command);
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

function isContacts(model: Model, { introduction, epoch }: SenderCommand): boolean {
  return introduction === undefined && opensTo(model, epoch);
}

function isWithdrawal(command: Command): command is Command & { do: "withdraw" | "hand in withdrawal" } {
  return command.do === "withdraw" || command.do === "hand in withdrawal";
}

function grant(
  model: Model,
  { consent, nonce, introductions }: { consent: number; nonce: number; introductions: boolean },
): Step {
  if (model.life === "withdrawing") return [model, "withdrawing"];
  if (model.life === "absent")
    return [
      wrote({ ...model, life: "open", consent, nonce, introductions, epoch: model.epoch + 1 }),
      "opened",
    ];
  if (consent === model.consent && nonce === model.nonce) return [model, "already-open"];
  if (nonce <= model.nonce) return [model, "nonce-used"];
  return [wrote({ ...model, consent, nonce, introductions }), "already-open"];
}

function withdraw(model: Model, { consent, nonce }: { consent: number; nonce: number }): Step {
  if (model.life === "absent" || consent !== model.consent) return [model, "no-consent"];
  if (model.life === "open" && nonce <= model.nonce) return [model, "nonce-used"];
  return [erased(model), "withdrawn"];
}

function acknowledge(
  model: Model,
  { numbers, by }: { numbers: (number | undefined)[]; by: "socket" | "http" },
): Step {
  if (by === "socket" && !isOpen(model.device)) return [model, "no socket"];
  if (model.life !== "open") return [model, "no-consent"];
  let after = dropDue(model);
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
  const expired = model.held.flatMap(({ key, number, expiresAt, token }) =>
    key === undefined || expiresAt > now
      ? []
      : [{ key, number, token, state: "expired", expiresAt, endedAt: expiresAt } as const],
  );
  return {
    ...model,
    now,
    held: model.held.filter(({ expiresAt }) => expiresAt > now),
    marks: [...model.marks, ...expired].filter(({ expiresAt }) => expiresAt + MARK_GRACE > now),
    oneTimeKeys: model.oneTimeKeys.filter(({ expiresAt }) => expiresAt > now),
    permits: model.permits.filter(({ expiresAt }) => expiresAt > now),
  };
}

function owner(model: Model, nonce: number, work: (open: Model) => Step): Step {
  if (model.life !== "open") return [model, "no-consent"];
  return nonce > model.nonce ? work(wrote({ ...model, nonce })) : [model, "nonce-used"];
}

function erased(model: Model): Model {
  const { device } = close(model, CLOSE.withdrawn.code);
  const { now, epoch, writes } = model;
  const waiting = model.waiting.map((one) => ({ answer: "undecided", ...one }));
  return { ...absent(now), epoch, waiting, writes: writes + 1, ...(device && { device }) };
}
