/** The model's revocable deposits: held by key, then marks of what became of them. */
import { MAX_TTL_SECONDS } from "../../../src/protocol/limits.ts";
import { drain, drop } from "./model-device.ts";
import { endOf, hasRoom, hasRoomForMark, hasRoomForUnseenMark, stateOf } from "./model-room.ts";
import { type Model, type Step, wrote } from "./model-state.ts";

/** @param token of the introduction that it comes under */
export function depositRevocable(
  model: Model,
  { key, number, size, ttl }: { key: number; number: number; size: number; ttl: number },
  token?: number,
): Step {
  const known = stateOf(model, key);
  if (known !== undefined) return [drain(model), known];
  if (!hasRoomForMark(model)) return [drain(model), "full"];
  const expiresAt = endOf(model, ttl);
  if (ttl === 0) {
    const mark = { key, token, state: "expired", expiresAt, endedAt: model.now } as const;
    return [drain(wrote({ ...model, marks: [...model.marks, mark] })), "expired"];
  }
  if (!hasRoom(model, size)) return [drain(model), "full"];
  const held = [...model.held, { number, size, came: model.now, expiresAt, key, token }];
  return [drain(wrote({ ...model, held })), ["held", expiresAt]];
}

/** The first of acknowledge and revoke wins, for good. */
export function revoke(model: Model, key: number, token?: number): Step {
  const state = stateOf(model, key);
  const mark = model.marks.find((one) => one.key === key);
  if (state === "delivered") return [model, "already-delivered"];
  if (state === "revoked") return [drain(model), ["revoked", mark?.endedAt]];
  const unseen = state === undefined;
  if (unseen && !hasRoomForUnseenMark(model)) return [model, "full"];
  const one = model.held.find((candidate) => candidate.key === key);
  const number = one?.number ?? mark?.number;
  const expiresAt = one?.expiresAt ?? mark?.expiresAt ?? model.now + MAX_TTL_SECONDS * 1000;
  const whose = unseen ? token : (one ?? mark)?.token;
  const ended = { state: "revoked", expiresAt, endedAt: model.now, unseen } as const;
  const revoked = { key, number, token: whose, ...ended };
  const after = {
    ...drop(model, number),
    held: model.held.filter((candidate) => candidate.key !== key),
    marks: [...model.marks.filter((candidate) => candidate.key !== key), revoked],
  };
  return [drain(wrote(after)), ["revoked", model.now]];
}
