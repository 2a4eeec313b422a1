/** Random schedules: what people do, what the relay and the network do, who dies when. */
import fc from "fast-check";
import { MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import type { Trouble } from "./phone.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const which = fc.nat(3);
const moment = fc.record({ at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() });
const trouble = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Trouble>({}) },
  { weight: 2, arbitrary: fc.record({ death: moment }) },
  { weight: 1, arbitrary: fc.record({ cut: moment }) },
);
const ttlSeconds = fc.constantFrom(60, 3600, MAX_TTL_SECONDS, MAX_TTL_SECONDS, MAX_TTL_SECONDS);

const writing = fc.record({
  does: fc.constant("write" as const),
  by: which,
  to: fc.constantFrom(0, 1, 0, 1, "all" as const),
  ttlSeconds,
  revocable: fc.constantFrom(false, false, false, true),
  long: fc.constantFrom(...Array<boolean>(11).fill(false), true),
  trouble,
});
const reading = fc.record({
  does: fc.constant("read" as const),
  by: which,
  finishes: fc.constantFrom(0, 1, 100, 100, 100),
  trouble,
});
const flushing = fc.record({ does: fc.constant("flush" as const), by: which, trouble });
const waiting = fc.record({
  does: fc.constant("wait" as const),
  milliseconds: fc.constantFrom(1000, 10_000, 10_000, 2 * MINUTE, 2 * HOUR, 25 * HOUR),
});
const linking = fc.record({ does: fc.constant("link" as const), who: which, trouble, on: trouble });
const unlinking = fc.record({ does: fc.constant("unlink" as const), who: which, trouble });
const revoking = fc.record({ does: fc.constant("revoke" as const), text: fc.nat(), trouble });
const handling = fc.record({
  does: fc.constantFrom("repeat" as const, "delay" as const, "catch up" as const, "reverse" as const),
  at: which,
  nth: fc.nat(5),
});
const dropping = fc.record({ does: fc.constant("drop" as const), at: which, nth: fc.nat(5) });
const restarting = fc.record({ does: fc.constant("restart" as const), by: which });
const restoring = fc.record({ does: fc.constant("restore a copy" as const), by: which, nth: fc.nat() });
/** Everybody reads and sends: or else few get far enough to have something to lose. */
const exchanging = fc.record({ does: fc.constant("exchange" as const), trouble, in: which });

const peaceful = [
  { weight: 10, arbitrary: writing },
  { weight: 9, arbitrary: reading },
  { weight: 3, arbitrary: flushing },
  { weight: 5, arbitrary: waiting },
  { weight: 3, arbitrary: linking },
  { weight: 1, arbitrary: unlinking },
  { weight: 1, arbitrary: revoking },
  { weight: 4, arbitrary: handling },
  { weight: 1, arbitrary: restarting },
  { weight: 3, arbitrary: exchanging },
] as const;
const lossy = [
  { weight: 2, arbitrary: dropping },
  { weight: 2, arbitrary: restoring },
] as const;

export type Alone =
  (typeof peaceful | typeof lossy)[number]["arbitrary"] extends fc.Arbitrary<infer T> ? T : never;
export type Step = Alone | { readonly does: "together"; readonly both: readonly Alone[] };

const together = fc.record({
  does: fc.constant("together" as const),
  both: fc.array(fc.oneof(writing, reading, flushing), { minLength: 2, maxLength: 3 }),
});

/** Nothing is ever lost, only late, or twice. */
export const withoutLoss: fc.Arbitrary<Step> = fc.oneof(...peaceful, { weight: 2, arbitrary: together });
export const withLoss: fc.Arbitrary<Step> = fc.oneof(...peaceful, ...lossy, {
  weight: 2,
  arbitrary: together,
});
