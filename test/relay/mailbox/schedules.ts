/** Random schedules: commands relative to where the model is by then, and the values they have there. */
import fc from "fast-check";
import { DAY, MARK_GRACE, MAX_TTL_SECONDS } from "../../../src/protocol/limits.ts";
import type { Command } from "./model.ts";
import type { Model } from "./model-state.ts";
import { begin, mayComeTogether } from "./model-together.ts";
import type { Failing } from "./real.ts";

export const KEYS = [1, 2, 3];
export const TOKENS = [1, 2, 3];

/** A command whose serial numbers are relative to where the model is: 0 is the current one. */
export type Plan = { command: Command; failing: Failing };

const nonce = fc.constantFrom(1, 1, 1, 1, 2, 0, -1);
const epoch = fc.constantFrom(0, 0, 0, 0, 0, 0, 1);
const size = fc.constantFrom(2048, 2048, 4096, 8192);
const ttl = fc.constantFrom(0, 30, 60, 60, 3600, 2 * MAX_TTL_SECONDS);
const key = fc.constantFrom(...KEYS);
const number = fc.constant(0);

const introduction = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.record({
      token: fc.constantFrom(...TOKENS),
      mayOpen: fc.constantFrom(true, true, true, false),
    }),
  },
);
const sender = { epoch, introduction };

const deposit = fc.record({ do: fc.constant("deposit" as const), ...sender, number, size, ttl });
const revocable = fc.record({
  do: fc.constant("deposit revocable" as const),
  ...sender,
  ...{ number, size, ttl, key },
});
const revoke = fc.record({ do: fc.constant("revoke" as const), ...sender, key });
const acknowledge = fc.record({
  do: fc.constant("acknowledge" as const),
  numbers: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }),
  by: fc.constantFrom("socket" as const, "http" as const),
});
const connect = fc.record({
  do: fc.constant("connect" as const),
  nonce,
  habit: fc.constantFrom("prompt" as const, "silent" as const, "silent" as const, "breaks" as const),
});
const grant = fc.record({
  do: fc.constant("grant" as const),
  consent: fc.constantFrom(0, 1),
  nonce,
  introductions: fc.constantFrom(true, true, false),
});
const endIntroductions = fc.record({
  do: fc.constant("end introductions" as const),
  consent: fc.constantFrom(0, 0, 1),
});
const withdraw = fc.record({
  do: fc.constant("withdraw" as const),
  consent: fc.constantFrom(0, 0, 0, 1),
  nonce,
});
const handIn = fc.record({
  do: fc.constant("hand in withdrawal" as const),
  consent: fc.constantFrom(0, 0, 1),
});
const publish = fc.record({
  do: fc.constant("publish keys" as const),
  nonce,
  oneTime: fc.integer({ min: 0, max: 2 }),
  lastResort: fc.constantFrom(true, true, false),
  lifetime: fc.constantFrom(30_000, 14 * DAY),
});
const time = fc.record({
  do: fc.constant("let time pass" as const),
  milliseconds: fc.constantFrom(1, 29_999, 30_000, 60_000, 3_600_000, MARK_GRACE, 8 * DAY),
});
const simple = <Name extends "disconnect" | "send nonsense" | "run alarm" | "hibernate" | "restart">(
  name: Name,
) => fc.constant({ do: name });

const stored = fc.oneof(
  { weight: 8, arbitrary: deposit },
  { weight: 6, arbitrary: revocable },
  { weight: 4, arbitrary: revoke },
  { weight: 6, arbitrary: acknowledge },
  { weight: 5, arbitrary: connect },
  { weight: 3, arbitrary: publish },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("claim key" as const), ...sender }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rotate token" as const), nonce }) },
  { weight: 2, arbitrary: grant },
  { weight: 1, arbitrary: endIntroductions },
  { weight: 1, arbitrary: withdraw },
  { weight: 1, arbitrary: handIn },
);
/** Most are a contact's that may pass from memory. */
const item = fc.record({
  ...{ number, size, ttl: fc.constantFrom(30, 60, 60, 3600, 0, 0) },
  key: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: key }),
  introduction: fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: introduction },
  ),
});
const meanwhile = fc.oneof(
  { weight: 5, arbitrary: acknowledge },
  { weight: 3, arbitrary: connect },
  { weight: 1, arbitrary: simple("disconnect") },
  { weight: 1, arbitrary: simple("send nonsense") },
  { weight: 3, arbitrary: deposit },
  { weight: 2, arbitrary: revocable },
  { weight: 2, arbitrary: revoke },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rotate token" as const), nonce }) },
  { weight: 1, arbitrary: grant },
  { weight: 1, arbitrary: withdraw },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("let time pass" as const),
      milliseconds: fc.constantFrom(1, 60_000, 3_600_000),
    }),
  },
);
const togetherAnd = (other: fc.Arbitrary<Command>) =>
  fc.record({
    do: fc.constant("deposit together" as const),
    epoch,
    items: fc.array(item, { minLength: 1, maxLength: 4 }),
    meanwhile: other,
  });
const together = togetherAnd(
  fc.oneof({ weight: 10, arbitrary: meanwhile }, { weight: 1, arbitrary: simple("run alarm") }),
);
/** Whether an alarm has anything to erase, and so to fail over, nobody may be able to tell. */
const togetherWithoutStorage = togetherAnd(meanwhile);
const unstored = fc.oneof(
  { weight: 4, arbitrary: time },
  { weight: 3, arbitrary: simple("run alarm") },
  { weight: 4, arbitrary: simple("hibernate") },
  { weight: 1, arbitrary: simple("disconnect") },
  { weight: 1, arbitrary: simple("restart") },
  { weight: 1, arbitrary: simple("send nonsense") },
);

const well = fc.constant("nothing" as const);
const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ command: together, failing: well }) },
  { weight: 12, arbitrary: fc.record({ command: stored, failing: well }) },
  { weight: 5, arbitrary: fc.record({ command: unstored, failing: well }) },
  { weight: 2, arbitrary: fc.record({ command: stored, failing: fc.constant("storage" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      command: fc.oneof(withdraw, handIn, simple("run alarm")),
      failing: fc.constant("records" as const),
    }),
  },
);

/** A silent device to which several come together. */
const live: fc.Arbitrary<Plan[]> = fc.tuple(
  fc.constant({
    command: { do: "connect" as const, nonce: 1, habit: "silent" as const },
    failing: "nothing" as const,
  }),
  fc
    .oneof(
      { weight: 5, arbitrary: fc.record({ command: together, failing: well }) },
      {
        weight: 1,
        arbitrary: fc.record({ command: togetherWithoutStorage, failing: fc.constant("storage" as const) }),
      },
    )
    .map(({ command, failing }) => ({ command: { ...command, epoch: 0 }, failing })),
);

export const schedule: fc.Arbitrary<Plan[]> = fc
  .array(fc.oneof({ weight: 20, arbitrary: plan.map((one) => [one]) }, { weight: 1, arbitrary: live }), {
    ...{ minLength: 10, maxLength: 40, size: "max" },
  })
  .map((plans) => plans.flat());

/** How many messages there are in it. */
export function countOf(command: Command): number {
  if (command.do === "deposit together") return command.items.length + countOf(command.meanwhile);
  return "number" in command ? 1 : 0;
}

/**
 * Gives a plan's relative numbers the values they have here.
 *
 * @param next the number of its last message
 */
export function resolve(
  { command, failing }: Plan,
  model: Model,
  next: number,
  knows: (number: number | undefined) => boolean,
): Command {
  const here = { ...command };
  if ("nonce" in here) here.nonce = Math.max(0, model.nonce + here.nonce);
  if ("epoch" in here) here.epoch = Math.max(0, model.epoch - here.epoch);
  if ("consent" in here) here.consent = model.consent + here.consent;
  if ("number" in here) here.number = next;
  if (here.do === "acknowledge") {
    // 0 stands for an id that never was; a message that nobody was shown has none that is known.
    const numbers = here.numbers.map((back) => (back ? next + 1 - back : undefined));
    here.numbers = numbers.map((one) => (knows(one) ? one : undefined));
  }
  if (here.do === "deposit together") {
    if (!mayComeTogether(model)) return { do: "let time pass", milliseconds: 1 };
    const before = next - countOf(here);
    here.items = here.items.map((one, i) => ({ ...one, number: before + 1 + i }));
    const { device } = begin({ ...model, storageFails: failing === "storage" }, here.epoch, here.items);
    const isShown = (number: number | undefined) => device?.shown.includes(number ?? 0) === true;
    const isKnown = (number: number | undefined) => knows(number) || isShown(number);
    here.meanwhile = resolve({ command: here.meanwhile, failing }, model, next, isKnown);
  }
  return here;
}
