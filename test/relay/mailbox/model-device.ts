/** The model's device: what it is shown, when its senders wait for it, and what becomes of its socket. */
import { WINDOW_BYTES, WINDOW_MESSAGES } from "../../../src/protocol/limits.ts";
import { answer, type Device, erase, type Model, wrote } from "./model-state.ts";

/** Shows the device what waits, oldest first, as far as its window goes, and tells it once when nothing is left. */
export function drain(before: Model): Model {
  if (before.life !== "open" || !isOpen(before.device)) return before;
  const model = dropDue(before);
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

export function show(model: Model, message: { number: number; size: number; expiresAt: number }): Model {
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
export function missed(model: Model, number: number): Model {
  const { device } = model;
  if (!isOpen(device) || !device.unacknowledged.some((one) => one.number === number)) return model;
  return { ...model, device: { ...device, slow: true } };
}

/** The device acknowledges it, or what it was shown once: it is slow no more when nothing else is left. */
export function settle(model: Model, number: number | undefined): Model {
  const after = drop(model, number);
  const { device } = after;
  if (!isOpen(device)) return after;
  return { ...after, device: { ...device, slow: device.slow && device.unacknowledged.length > 0 } };
}

/** It ends without the device: that proves nothing of the device's. */
export function drop(model: Model, number: number | undefined): Model {
  const { device } = model;
  if (!isOpen(device)) return model;
  const unacknowledged = device.unacknowledged.filter((one) => one.number !== number);
  return { ...model, device: { ...device, unacknowledged } };
}

export function dropDue(model: Model): Model {
  const due = model.device?.unacknowledged.filter(({ expiresAt }) => expiresAt <= model.now) ?? [];
  return due.reduce((next, { number }) => {
    const waiting = next.waiting.find((one) => one.number === number && one.answer === undefined);
    return drop(waiting === undefined ? next : answer(next, waiting, "expired"), number);
  }, model);
}

/** The socket stays; what it was sent and is not stored is forgotten, and cannot be waited for any more. */
export function hibernate(model: Model): Model {
  const { device } = model;
  if (!isOpen(device)) return model;
  const isStored = ({ number }: { number: number }) => model.held.some((one) => one.number === number);
  return { ...model, device: { ...device, unacknowledged: device.unacknowledged.filter(isStored) } };
}

export function confirm(model: Model, results: readonly [number | undefined, boolean][]): Model {
  if (!isOpen(model.device)) return model;
  return { ...model, device: { ...model.device, told: [...model.device.told, ...results] } };
}

/** Whether nothing new can be shown before something else. */
function isBehind({ held, device }: Model): boolean {
  return held.some(({ number }) => !device?.shown.includes(number));
}

/** @param code 0: lost without one */
export function close(model: Model, code: number): Model {
  if (!isOpen(model.device)) return model;
  const ended = stopWaiting(model);
  return { ...ended, device: { ...model.device, closed: code, unacknowledged: [] } };
}

/** Whoever still waits is told; what has its place kept is held, all of it or none, where it belongs in the order. */
export function stopWaiting(model: Model): Model {
  const late = model.waiting.filter((one) => one.answer === undefined);
  const isWritten = late.some(({ where, expiresAt }) => where === "kept" && expiresAt > model.now);
  const isLost = isWritten && model.storageFails === true;
  return late.reduce((next, one) => {
    const { number, size, came, expiresAt, where } = one;
    if (where === "nowhere else") return answer(next, one, "undecided");
    if (where === "kept" && isLost) return answer(next, one, "unavailable");
    if (expiresAt <= next.now) return answer(next, one, "expired");
    const told = answer(next, one, ["held", expiresAt]);
    if (where === "stored") return told;
    const held = [...told.held, { number, size, came, expiresAt }];
    return wrote({ ...told, held: held.sort((a, b) => a.number - b.number) });
  }, model);
}

/** Whether the device can be shown something now from which a sender may expect an answer in time. */
export function isLive(model: Model, size: number): boolean {
  const { device } = model;
  return isOpen(device) && !device.slow && !isBehind(model) && fits(device, size);
}

export function isOpen(device: Device | undefined): device is Device {
  return device !== undefined && device.closed === undefined;
}

function fits({ unacknowledged }: Device, size: number): boolean {
  const bytes = unacknowledged.reduce((sum, one) => sum + one.size, size);
  return unacknowledged.length < WINDOW_MESSAGES && bytes <= WINDOW_BYTES;
}
