/** Steps for schedules that are written by hand. */
import { MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import type { Alone, Step } from "./schedule.ts";

type Doing<Does> = Extract<Alone, { readonly does: Does }>;

/** Places of playing.ts: somebody whose second device is nobody's yet, and one or two others with one each. */
export const COUPLE_AND_ONE = 1;
export const COUPLE_AND_TWO = 5;

export const linking: Step = { does: "link", who: 0, trouble: {}, on: {} };
export const unlinking: Step = { does: "unlink", who: 0, trouble: {} };
export const exchanging: Step = { does: "exchange", in: 0, trouble: {} };
export const linked = [linking, exchanging, exchanging, exchanging];

export function writing(by: number, unusual: Partial<Doing<"write">> = {}): Step {
  const usual = { to: 0, ttlSeconds: MAX_TTL_SECONDS, revocable: false, long: false, trouble: {} } as const;
  return { does: "write", by, ...usual, ...unusual };
}

export function reading(by: number): Step {
  return { does: "read", by, finishes: 100, trouble: {} };
}
