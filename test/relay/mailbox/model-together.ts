/** The model's deposits that come together, and what else happens while their senders wait. */
import type { Command } from "./model.ts";
import { deposit } from "./model-deposits.ts";
import { drain, isLive, isOpen, missed, show, stopWaiting } from "./model-device.ts";
import { depositRevocable } from "./model-revocables.ts";
import { endOf, hasRoom, opensTo } from "./model-room.ts";
import { type Answer, answer, type Model, type Step } from "./model-state.ts";
import { asStranger, type Introduction } from "./model-strangers.ts";

/** A contact's with the token of that epoch, or a stranger's; with a key a revocable one. */
export interface Item {
  number: number;
  size: number;
  ttl: number;
  key?: number | undefined;
  introduction?: Introduction | undefined;
}

/** In one call; `meanwhile` happens when all of them are shown or written, before any deadline. */
export interface Together {
  do: "deposit together";
  epoch: number;
  items: Item[];
  meanwhile: Command;
}

/** Of a device that acknowledges by itself, or breaks, it is not the mailbox's to say what comes first. */
export function mayComeTogether({ device }: Model): boolean {
  return !isOpen(device) || device.habit === "silent";
}

export function together(
  model: Model,
  { epoch, items, meanwhile }: Together,
  step: (model: Model, command: Command) => Step,
): Step {
  const begun = begin(model, epoch, items);
  const isDeposit = meanwhile.do === "deposit" || meanwhile.do === "deposit revocable";
  const [after, between] = isDeposit
    ? [begin(begun, meanwhile.epoch, [meanwhile]), undefined]
    : step(begun, meanwhile);
  const { waiting, storageFails, ...settled } = passDeadline(after);
  const told = (isDeposit ? [...items, meanwhile] : items).map(
    ({ number }) => waiting.find((one) => one.number === number)?.answer,
  );
  const answers = between === undefined ? told : [...told, between];
  return [{ ...settled, waiting: [] }, ["together", answers]];
}

/** From memory, until one has to be written: all that come behind it wait for that, in their order. */
export function begin(before: Model, epoch: number, items: readonly Item[]): Model {
  let model = before;
  const behind: Item[] = [];
  for (const item of items) {
    const isNeverWritten = item.ttl === 0 && item.key === undefined;
    if (item.introduction !== undefined && isNeverWritten)
      model = told(model, item, write(model, epoch, item)[1]);
    else if (item.introduction !== undefined || item.key !== undefined || behind.length > 0)
      behind.push(item);
    else if (!opensTo(model, epoch)) model = told(model, item, "not-authorized");
    else {
      model = drain(model);
      const shown = showFromMemory(model, item);
      if (shown !== undefined) model = shown;
      else if (isNeverWritten) model = told(model, item, "expired");
      else behind.push(item);
    }
  }
  return answerWhoNeedNotWait(flush(model, epoch, behind));
}

/** In one transaction, or in one before and one after each that is now or never and shown in its place. */
function flush(before: Model, epoch: number, items: readonly Item[]): Model {
  let model = before;
  let rest = items;
  while (rest.length > 0) {
    const at = rest.findIndex(
      ({ ttl, key, introduction }) => ttl === 0 && key === undefined && !introduction,
    );
    const writes = at < 0 ? rest : rest.slice(0, at);
    const written = writeAll(model, epoch, writes);
    if (written.writes > model.writes && model.storageFails === true)
      return rest.reduce((next, item) => told(next, item, "unavailable"), model);
    model = writes.length > 0 ? drain(written) : written;
    const now = at < 0 ? undefined : rest[at];
    if (now !== undefined) model = nowOrNever(model, epoch, now);
    rest = rest.slice(writes.length + 1);
  }
  return model;
}

function nowOrNever(model: Model, epoch: number, item: Item): Model {
  if (!opensTo(model, epoch)) return told(model, item, "not-authorized");
  const drained = drain(model);
  return showFromMemory(drained, item) ?? told(drained, item, "expired");
}

/** @returns undefined when the device can't be shown it, or it could not be held afterwards */
function showFromMemory(model: Model, item: Item): Model | undefined {
  const { number, size, ttl } = item;
  if (!isLive(model, size) || (ttl > 0 && !hasRoom(model, size))) return undefined;
  const where = ttl === 0 ? "nowhere else" : "kept";
  const expiresAt = ttl === 0 ? Number.POSITIVE_INFINITY : endOf(model, ttl);
  const one = { number, size, came: model.now, expiresAt, where } as const;
  return show({ ...model, waiting: [...model.waiting, one] }, one);
}

/** The device is shown nothing before all are written. */
function writeAll({ device, ...before }: Model, epoch: number, items: readonly Item[]): Model {
  let model: Model = before;
  for (const item of items) {
    const [written, what] = write(model, epoch, item);
    const isContacts = item.introduction === undefined && item.key === undefined;
    // A contact's is waited for, if the device is: that is known when all are written.
    model = told(written, item, isContacts && what[0] === "held" ? undefined : what);
  }
  return { ...model, ...(device && { device }) };
}

function write(model: Model, epoch: number, { key, introduction, ...message }: Item): Step {
  if (introduction !== undefined)
    return key === undefined
      ? asStranger(model, { do: "deposit", ...message, introduction })
      : asStranger(model, { do: "deposit revocable", ...message, introduction, key });
  if (!opensTo(model, epoch)) return [model, "not-authorized"];
  return key === undefined ? deposit(model, message) : depositRevocable(model, { ...message, key });
}

/** For what no device was sent, or a slow one, nobody waits. */
function answerWhoNeedNotWait(model: Model): Model {
  const { device } = model;
  const isAwaited = (number: number) =>
    isOpen(device) && !device.slow && device.unacknowledged.some((one) => one.number === number);
  return model.waiting
    .filter(
      ({ where, answer: what, number }) => where === "stored" && what === undefined && !isAwaited(number),
    )
    .reduce((next, one) => answer(next, one, ["held", one.expiresAt]), model);
}

function passDeadline(model: Model): Model {
  const late = model.waiting.filter((one) => one.answer === undefined);
  return stopWaiting(late.reduce((next, { number }) => missed(next, number), model));
}

function told(model: Model, { number, size, ttl }: Item, what: Answer | undefined): Model {
  const one = { number, size, came: model.now, expiresAt: endOf(model, ttl), where: "stored" } as const;
  return { ...model, waiting: [...model.waiting, { ...one, ...(what !== undefined && { answer: what }) }] };
}
