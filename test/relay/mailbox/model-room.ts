/** What the model knows of its limits, and of a key. */
import {
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_MARKS,
  MAX_TTL_SECONDS,
  MAX_UNSEEN_MARKS,
} from "../../../src/protocol/limits.ts";
import type { Answer, Held, Model } from "./model-state.ts";

export function hasRoom({ held }: Model, size: number): boolean {
  return held.length < MAX_HELD_MESSAGES && bytesOf(held) + size <= MAX_HELD_BYTES;
}

export function hasRoomForMark({ held, marks }: Model): boolean {
  return held.filter(({ key }) => key !== undefined).length + marks.length < MAX_MARKS;
}

export function hasRoomForUnseenMark(model: Model): boolean {
  return hasRoomForMark(model) && model.marks.filter(({ unseen }) => unseen).length < MAX_UNSEEN_MARKS;
}

export function bytesOf(held: readonly Held[]): number {
  return held.reduce((sum, { size }) => sum + size, 0);
}

export function endOf({ now }: Model, ttl: number): number {
  return now + Math.min(ttl, MAX_TTL_SECONDS) * 1000;
}

export function stateOf(model: Model, key: number): Answer | undefined {
  const one = model.held.find((candidate) => candidate.key === key);
  if (one !== undefined) return ["held", one.expiresAt];
  return model.marks.find((mark) => mark.key === key)?.state;
}
