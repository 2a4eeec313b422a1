/**
 * Random schedules beside the specification (model.ts). The limits are made small, so that full boxes, full
 * windows and missed deadlines are met often. VITE_MODEL_RUNS in the environment raises the number of schedules.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as limits from "../../../src/protocol/limits.ts";
import { absent, type Command, step, stepWithoutRecords, stepWithoutStorage } from "./model.ts";
import { claimsOf } from "./model-claims.ts";
import { isOpen } from "./model-device.ts";
import { bytesOf, stateOf } from "./model-room.ts";
import type { Model } from "./model-state.ts";
import { stateTold } from "./model-strangers.ts";
import { type Failing, RealMailbox } from "./real.ts";

const SMALL_LIMITS = {
  MAX_HELD_MESSAGES: 6,
  MAX_HELD_BYTES: 16384,
  MAX_MARKS: 4,
  MAX_CLAIMS_A_DAY: 2,
  MAX_PERMITS: 2,
  MAX_PERMIT_ENVELOPES: 3,
  MAX_PERMIT_MESSAGES: 3,
  MAX_PERMIT_BYTES: 8192,
  MAX_PERMIT_MARKS: 2,
  WINDOW_MESSAGES: 3,
  WINDOW_BYTES: 8192,
  LIVE_DEADLINE: 150,
} as const;

const { env } = import.meta as ImportMeta & { env: Record<string, string | undefined> };
const RUNS = Number(env.VITE_MODEL_RUNS ?? 120);
const { DAY, ERASED_WITHIN, MARK_GRACE, MAX_TTL_SECONDS } = limits;
const KEYS = [1, 2, 3];
const TOKENS = [1, 2, 3];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  for (const [name, value] of Object.entries(SMALL_LIMITS))
    vi.spyOn(limits, name as keyof typeof SMALL_LIMITS, "get").mockReturnValue(value as never);
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A command whose serial numbers are relative to where the model is: 0 is the current one. */
type Plan = { command: Command; failing: Failing };

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
  { weight: 4, arbitrary: fc.record({ do: fc.constant("revoke" as const), ...sender, key }) },
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

/** Gives a plan's relative numbers the values they have here. */
function resolve(command: Command, model: Model, real: RealMailbox, next: number): Command {
  const here = { ...command };
  if ("nonce" in here) here.nonce = Math.max(0, model.nonce + here.nonce);
  if ("epoch" in here) here.epoch = Math.max(0, model.epoch - here.epoch);
  if ("consent" in here) here.consent = model.consent + here.consent;
  if ("number" in here) here.number = next;
  if (here.do === "acknowledge") {
    // 0 stands for an id that never was; a message that nobody was shown has none that is known.
    const numbers = here.numbers.map((back) => (back ? next + 1 - back : undefined));
    here.numbers = numbers.map((one) => (real.knows(one) ? one : undefined));
  }
  return here;
}

/** What the specification says that anyone can see. */
function view(model: Model) {
  const { held, oneTimeKeys } = model;
  const oneTime = oneTimeKeys.filter(({ lastResort }) => !lastResort).length;
  const status = {
    messages: held.length,
    bytes: bytesOf(held),
    oldest: held[0]?.came ?? null,
    oneTimeKeys: oneTime,
    lastResortKey: oneTimeKeys.length > oneTime,
    claims: claimsOf(model),
    nonce: model.nonce,
    noticeVersion: 1,
    routeClaim: null,
  };
  const open = model.life === "open";
  return {
    status: open ? status : "no-consent",
    held: open
      ? held.map((one) => ({
          number: one.number,
          heldUntil: one.expiresAt,
          revocable: one.key !== undefined,
        }))
      : [],
    states: KEYS.map((one) => (open ? (stateOf(model, one) ?? "no-deposit") : "not-authorized")),
    told: TOKENS.map((token) => KEYS.map((one) => stateTold(model, { token, mayOpen: true }, one))),
  };
}

/** The moment by which the alarm has to have come. */
function nextEnd({ life, now, held, marks, oneTimeKeys, permits }: Model): number {
  if (life === "withdrawing") return now + DAY;
  return Math.min(
    ...held.map(({ came, expiresAt }) => expiresAt + Math.min(ERASED_WITHIN, (expiresAt - came) / 2)),
    ...[...oneTimeKeys, ...permits].map(({ expiresAt }) => expiresAt + ERASED_WITHIN),
    ...marks.map(({ expiresAt }) => expiresAt + MARK_GRACE + ERASED_WITHIN),
  );
}

async function follow(plans: readonly Plan[]): Promise<void> {
  const real = new RealMailbox();
  let model = absent(Date.now());
  let next = 0;
  // Most of what can happen needs an open mailbox.
  const opening: Plan = {
    command: { do: "grant", consent: 1, nonce: 1, introductions: true },
    failing: "nothing",
  };
  for (const { command: relative, failing } of [opening, ...plans]) {
    if ("number" in relative) next++;
    const command = resolve(relative, model, real, next);
    const steps = { nothing: step, storage: stepWithoutStorage, records: stepWithoutRecords };
    const [expected, answer] = steps[failing](model, command);
    model = expected;
    const context = JSON.stringify({ command, failing });
    expect(await real.carryOut(command, failing), context).toEqual(answer);
    const { device } = model;
    if (device !== undefined) {
      const { shown, told, caughtUp, closed } = device;
      const ended = closed === undefined ? {} : { closed };
      const saw = await real.deviceSaw(device);
      // How much of a burst still reaches a device that is hanging up is not the mailbox's to say.
      if (device.habit === "breaks" && !isOpen(device)) expect(saw, context).toMatchObject(ended);
      else expect(saw, context).toEqual({ shown, told, caughtUp, ...ended });
    }
    await real.settle(model);
    // Looking would warm what hibernation cooled: the next command has to find it cold.
    if (command.do === "hibernate" || command.do === "restart") continue;
    expect(await real.look(KEYS, TOKENS, model.epoch), context).toEqual(view(model));
    expect(await real.alarm(), context).toBeLessThanOrEqual(nextEnd(model));
  }
}

it(`a mailbox does what its specification says, on ${RUNS} random schedules`, {
  timeout: 600_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(plan, { minLength: 10, maxLength: 40, size: "max" }), follow), {
    numRuns: RUNS,
    endOnFailure: false,
    verbose: 1,
  });
});
