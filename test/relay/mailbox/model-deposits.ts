/** The model's deposits of a contact: to a live device, or into the box. */
import { confirm, drain, isLive, missed, show } from "./model-device.ts";
import { endOf, hasRoom } from "./model-room.ts";
import { type Model, type Step, wrote } from "./model-state.ts";

interface Deposit {
  number: number;
  size: number;
  ttl: number;
}

/** A live device that acknowledges in time is all it takes; else it is written down, once. */
export function deposit(before: Model, message: Deposit): Step {
  const model = drain(before);
  const { number, size, ttl } = message;
  if (!hasRoom(model, size)) return [model, "full"];
  const expiresAt = endOf(model, ttl);
  const hold = (after: Model): Model =>
    wrote({ ...after, held: [...after.held, { number, size, came: model.now, expiresAt }] });
  if (!isLive(model, size)) {
    const after = drain(hold(model));
    if (!after.held.some((one) => one.number === number)) return [after, "delivered"];
    return [missed(after, number), ["held", expiresAt]];
  }
  const [shown, acknowledged] = showUnstored(model, { number, size, expiresAt });
  return acknowledged ? [shown, "delivered"] : [hold(shown), ["held", expiresAt]];
}

/** Deliver now or never: shown to a device that has nothing to catch up on, and stored nowhere. */
export function depositUnstored(before: Model, { number, size }: Deposit): Step {
  const model = drain(before);
  if (!isLive(model, size)) return [model, "expired"];
  const [shown, acknowledged] = showUnstored(model, { number, size, expiresAt: Number.POSITIVE_INFINITY });
  return [shown, acknowledged ? "delivered" : "undecided"];
}

/** While storage fails: a live device is shown it all the same, and may be all it takes. */
export function depositWithoutStorage(before: Model, message: Deposit): Step {
  const [after, answer] = deposit(before, message);
  if (after.writes === before.writes) return [after, answer];
  const model = drain(before);
  const { number, size, ttl } = message;
  if (!isLive(model, size)) return [model, "unavailable"];
  return [showUnstored(model, { number, size, expiresAt: endOf(model, ttl) })[0], "unavailable"];
}

/** @returns whether it was acknowledged in time */
function showUnstored(
  model: Model,
  message: { number: number; size: number; expiresAt: number },
): [Model, boolean] {
  const shown = show(model, message);
  const { number } = message;
  if (shown.device?.habit === "prompt") return [confirm(shown, [[number, true]]), true];
  return [missed(shown, number), false];
}
