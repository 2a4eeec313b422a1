/** The model's strangers: who has an introduction, what it opened, and what they are told. */
import {
  MAX_PERMIT_BYTES,
  MAX_PERMIT_ENVELOPES,
  MAX_PERMIT_MARKS,
  MAX_PERMIT_MESSAGES,
  MAX_PERMITS,
  PERMIT_LIFE,
} from "../../../src/protocol/limits.ts";
import { claimKey } from "./model-claims.ts";
import { drain } from "./model-device.ts";
import { depositRevocable, revoke } from "./model-revocables.ts";
import { bytesOf, endOf, hasRoom, stateOf } from "./model-room.ts";
import { type Answer, type Model, type Permit, type Step, wrote } from "./model-state.ts";

export interface Introduction {
  readonly token: number;
  readonly mayOpen: boolean;
}

type StrangersCommand = { introduction: Introduction } & (
  | { do: "deposit"; number: number; size: number; ttl: number }
  | { do: "deposit revocable"; number: number; size: number; ttl: number; key: number }
  | { do: "revoke"; key: number }
  | { do: "claim key" }
);

export function asStranger(model: Model, command: StrangersCommand): Step {
  const permit = permitFor(model, command.introduction);
  const isGathered = command.do === "deposit revocable" || (command.do === "deposit" && command.ttl > 0);
  if (permit === undefined) return [isGathered ? drain(model) : model, "not-authorized"];
  switch (command.do) {
    case "deposit":
      return command.ttl === 0 ? [model, "expired"] : deposit(model, permit, command);
    case "deposit revocable":
      return deposit(model, permit, command);
    case "revoke":
      return revokeOwn(model, permit, command.key);
    case "claim key":
      return claim(model, permit);
  }
}

/** What a stranger reads of a key: nothing of others', and no delivery before its time is over. */
export function stateTold(model: Model, introduction: Introduction, key: number): Answer {
  if (permitFor(model, introduction) === undefined) return "not-authorized";
  const known = tokenOf(model, key) === introduction.token ? stateOf(model, key) : undefined;
  const mark = model.marks.find((one) => one.key === key);
  const hidden = known === "delivered" && mark !== undefined && mark.expiresAt > model.now;
  return hidden ? ["held", mark.expiresAt] : (known ?? "no-deposit");
}

function permitFor(model: Model, { token, mayOpen }: Introduction): Permit | undefined {
  if (model.life !== "open") return undefined;
  const open = model.permits.find((permit) => permit.token === token);
  if (open !== undefined) return open.ended ? undefined : open;
  if (!mayOpen || !model.introductions) return undefined;
  return { token, envelopes: 0, expiresAt: model.now + PERMIT_LIFE, ended: false };
}

function deposit(
  model: Model,
  permit: Permit,
  message: { number: number; size: number; ttl: number; key?: number },
): Step {
  const { number, size, ttl, key } = message;
  const { token } = permit;
  if (key !== undefined && stateOf(model, key) !== undefined) {
    const own = tokenOf(model, key) === token;
    return [drain(model), own ? stateTold(model, { token, mayOpen: false }, key) : "not-authorized"];
  }
  const fits = (key === undefined || hasRoomForMark(model)) && (ttl === 0 || hasRoomHeld(model, size));
  if (!mayLeaveAnother(model, permit) || !fits) return [drain(model), "full"];
  if (key !== undefined) {
    const [after, answer] = depositRevocable(model, { key, number, size, ttl }, token);
    return [answer === "full" ? after : counted(after, permit), answer];
  }
  if (!hasRoom(model, size)) return [drain(model), "full"];
  const expiresAt = endOf(model, ttl);
  const held = [...model.held, { number, size, came: model.now, expiresAt, token }];
  return [counted(drain(wrote({ ...model, held })), permit), ["held", expiresAt]];
}

function revokeOwn(model: Model, permit: Permit, key: number): Step {
  const known = stateOf(model, key) !== undefined;
  if (known && tokenOf(model, key) !== permit.token) return [model, "not-authorized"];
  if (!known && !(mayLeaveAnother(model, permit) && hasRoomForMark(model))) return [model, "full"];
  const [after, answer] = revoke(model, key, permit.token);
  return [known || answer === "full" ? after : counted(after, permit), answer];
}

function claim(model: Model, permit: Permit): Step {
  const { key } = permit;
  if (key !== undefined && key.expiresAt <= model.now) return [model, "no-one-time-key"];
  if (key !== undefined) return [model, ["claimed", key.lastResort ? "last-resort" : "one-time again"]];
  if (!isOpen(model, permit) && openPermits(model) >= MAX_PERMITS) return [model, "full"];
  const served = model.oneTimeKeys.find(({ lastResort }) => !lastResort) ?? model.oneTimeKeys[0];
  const [after, answer] = claimKey(model);
  return [after === model ? after : saved(after, { ...permit, key: served }), answer];
}

function mayLeaveAnother(model: Model, permit: Permit): boolean {
  return (
    permit.envelopes < MAX_PERMIT_ENVELOPES && (isOpen(model, permit) || openPermits(model) < MAX_PERMITS)
  );
}

function hasRoomHeld({ held }: Model, size: number): boolean {
  const introduced = held.filter(({ token }) => token !== undefined);
  return introduced.length < MAX_PERMIT_MESSAGES && bytesOf(introduced) + size <= MAX_PERMIT_BYTES;
}

function hasRoomForMark({ held, marks }: Model): boolean {
  const keyed = held.filter(({ key }) => key !== undefined);
  return [...keyed, ...marks].filter(({ token }) => token !== undefined).length < MAX_PERMIT_MARKS;
}

function counted(model: Model, permit: Permit): Model {
  return saved(model, { ...permit, envelopes: permit.envelopes + 1 });
}

function saved(model: Model, permit: Permit): Model {
  return { ...model, permits: [...model.permits.filter(({ token }) => token !== permit.token), permit] };
}

function isOpen({ permits }: Model, { token }: Permit): boolean {
  return permits.some((permit) => permit.token === token);
}

function openPermits({ permits }: Model): number {
  return permits.filter(({ ended }) => !ended).length;
}

function tokenOf({ held, marks }: Model, key: number): number | undefined {
  return [...held, ...marks].find((one) => one.key === key)?.token;
}
