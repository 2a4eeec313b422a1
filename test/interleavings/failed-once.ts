/** Schedules that failed when they were first played, made small; what each was about. */
import type { Step } from "./schedule.ts";
import {
  COUPLE_AND_ONE,
  COUPLE_AND_TWO,
  exchanging,
  linked,
  linking,
  reading,
  unlinking,
  writing,
} from "./steps.ts";

const LONGER_THAN_A_DAY = 25 * 60 * 60 * 1000;

interface Schedule {
  readonly name: string;
  /** Of playing.ts. */
  readonly layout: number;
  readonly seed: number;
  readonly steps: readonly Step[];
}

export const FAILED_ONCE: readonly Schedule[] = [
  {
    name: "a text is forgotten while it is queued",
    layout: COUPLE_AND_ONE,
    seed: 3822850924,
    steps: [
      writing(1),
      writing(1, { ttlSeconds: 60, trouble: { cut: { at: 1, after: true } } }),
      { does: "wait", milliseconds: LONGER_THAN_A_DAY },
    ],
  },
  {
    name: "nobody hears that a text was taken back",
    layout: COUPLE_AND_ONE,
    seed: 2708643333,
    steps: [
      writing(0, { revocable: true }),
      { does: "revoke", text: 0, trouble: { death: { at: 1, after: true } } },
    ],
  },
  {
    name: "a device writes before it hears that it was unlinked",
    layout: COUPLE_AND_ONE,
    seed: 2629558751,
    steps: [writing(2), ...linked, unlinking, reading(2), writing(1), reading(1), reading(2), writing(1)],
  },
  {
    name: "a device writes to a conversation before it hears that it was unlinked, and after",
    layout: COUPLE_AND_TWO,
    seed: 17,
    steps: [
      writing(0, { to: "all" }),
      ...linked,
      unlinking,
      reading(2),
      writing(1, { to: "all" }),
      reading(1),
      writing(1, { to: "all" }),
    ],
  },
  {
    name: "an own copy comes after its author was unlinked",
    layout: COUPLE_AND_ONE,
    seed: 1320892821,
    steps: [...linked, writing(1), unlinking],
  },
  {
    name: "a device is written to as one of the person's after it heard that it was unlinked",
    layout: COUPLE_AND_ONE,
    seed: 183310656,
    steps: [writing(0), ...linked, unlinking, reading(1), writing(2)],
  },
  {
    name: "the relay drops what tells a device whose it is",
    layout: COUPLE_AND_ONE,
    seed: 2576228620,
    steps: [
      writing(0),
      linking,
      exchanging,
      reading(0),
      { does: "drop", at: 1, nth: 0 },
      exchanging,
      writing(2),
    ],
  },
];
