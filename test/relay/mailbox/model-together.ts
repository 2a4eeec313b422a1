/** The model's deposits that come together, and what else happens while their senders wait. */
import type { Command } from "./model.ts";
import type { Deposit } from "./model-deposits.ts";
import { drain, isLive, isOpen, missed, show, stopWaiting } from "./model-device.ts";
import { endOf, hasRoom } from "./model-room.ts";
import { answer, type Model, type Step, wrote } from "./model-state.ts";

/** By a contact, in one call; `meanwhile` happens when all of them are shown or written, before any deadline. */
export interface Together {
  do: "deposit together";
  epoch: number;
  items: Deposit[];
  meanwhile: Command;
}

/** Of a device that acknowledges by itself, or breaks, it is not the mailbox's to say what comes first. */
export function mayComeTogether({ device }: Model): boolean {
  return !isOpen(device) || device.habit === "silent";
}

export function together(
  model: Model,
  { items, meanwhile }: Together,
  areLetIn: boolean,
  step: (model: Model, command: Command) => Step,
): Step {
  const [after, between] = step(areLetIn ? begin(model, items) : model, meanwhile);
  const { waiting, ...settled } = passDeadline(after);
  const answers = areLetIn ? waiting.map((one) => one.answer) : items.map(() => "not-authorized");
  return [{ ...settled, waiting: [] }, ["together", [...answers, between]]];
}

/** From memory, until one has to be written, and then all that come after it, in one transaction. */
export function begin(before: Model, items: readonly Deposit[]): Model {
  let model = drain(before);
  let at = 0;
  for (let item = items[at]; item !== undefined; item = items[++at]) {
    if (!isLive(model, item.size) || !hasRoom(model, item.size)) break;
    const one = { ...item, came: model.now, expiresAt: endOf(model, item.ttl), stored: false };
    model = show({ ...model, waiting: [...model.waiting, one] }, one);
  }
  if (at === items.length) return model;
  for (const item of items.slice(at)) {
    const one = { ...item, came: model.now, expiresAt: endOf(model, item.ttl), stored: true };
    const { number, size, came, expiresAt } = one;
    if (hasRoom(model, size))
      model = {
        ...model,
        held: [...model.held, { number, size, came, expiresAt }],
        waiting: [...model.waiting, one],
      };
    else model = { ...model, waiting: [...model.waiting, { ...one, answer: "full" }] };
  }
  return answerWhoNeedNotWait(drain(wrote(model)));
}

/** For what no device was sent, or a slow one, nobody waits. */
function answerWhoNeedNotWait(model: Model): Model {
  const { device } = model;
  const isAwaited = (number: number) =>
    isOpen(device) && !device.slow && device.unacknowledged.some((one) => one.number === number);
  return model.waiting
    .filter((one) => one.stored && one.answer === undefined && !isAwaited(one.number))
    .reduce((next, one) => answer(next, one, ["held", one.expiresAt]), model);
}

function passDeadline(model: Model): Model {
  const late = model.waiting.filter((one) => one.answer === undefined);
  return stopWaiting(late.reduce((next, { number }) => missed(next, number), model));
}
