/** What the model knows of its limits, and of a key. */
import {
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_MARKS,
  MAX_TTL_SECONDS,
  MAX_UNSEEN_MARKS,
} from "../../../src/protocol/limits.ts";
import type { Answer, Held, Model } from "./model-state.ts";

/** What the device was shown from memory has its place kept. */
export function hasRoom({ held, waiting }: Model, size: number): boolean {
  const kept = waiting.filter(({ where, answer }) => where === "kept" && answer === undefined);
  const messages = held.length + kept.length;
  return messages < MAX_HELD_MESSAGES && bytesOf(held) + bytesOf(kept) + size <= MAX_HELD_BYTES;
}

export function hasRoomForMark({ held, marks }: Model): boolean {
  return held.filter(({ key }) => key !== undefined).length + marks.length < MAX_MARKS;
}

export function hasRoomForUnseenMark(model: Model): boolean {
  return hasRoomForMark(model) && model.marks.filter(({ unseen }) => unseen).length < MAX_UNSEEN_MARKS;
}

export function bytesOf(held: readonly Pick<Held, "size">[]): number {
  return held.reduce((sum, { size }) => sum + size, 0);
}

export function opensTo(model: Model, epoch: number): boolean {
  return model.life === "open" && epoch === model.epoch;
}

export function endOf({ now }: Model, ttl: number): number {
  return now + Math.min(ttl, MAX_TTL_SECONDS) * 1000;
}

export function stateOf(model: Model, key: number): Answer | undefined {
  const one = model.held.find((candidate) => candidate.key === key);
  if (one !== undefined) return ["held", one.expiresAt];
  return model.marks.find((mark) => mark.key === key)?.state;
}
