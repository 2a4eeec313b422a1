/**
 * Drives a real mailbox and the specification (model.ts) side by side, and compares after every command the answer and
 * all that anyone can see. The limits are made small, so that full boxes, full windows and missed deadlines are met
 * often.
 */
import { afterEach, beforeEach, expect, vi } from "vitest";
import * as limits from "../../../src/protocol/limits.ts";
import { absent, step, stepWithoutRecords, stepWithoutStorage } from "./model.ts";
import { claimsOf } from "./model-claims.ts";
import { isOpen } from "./model-device.ts";
import { bytesOf, stateOf } from "./model-room.ts";
import type { Model } from "./model-state.ts";
import { stateTold } from "./model-strangers.ts";
import { RealMailbox } from "./real.ts";
import { countOf, KEYS, type Plan, resolve, TOKENS } from "./schedules.ts";

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

const { DAY, ERASED_WITHIN, MARK_GRACE } = limits;

/** For each test of a file: its own clock, small limits, and nothing said of what is made to fail. */
export function withSmallLimits(): void {
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

/** A mailbox of its own carries the plans out, beside the specification. Rejects at the first difference. */
export async function follow(plans: readonly Plan[]): Promise<void> {
  const real = new RealMailbox();
  let model = absent(Date.now());
  let next = 0;
  // Most of what can happen needs an open mailbox.
  const opening: Plan = {
    command: { do: "grant", consent: 1, nonce: 1, introductions: true },
    failing: "nothing",
  };
  for (const plan of [opening, ...plans]) {
    const { failing } = plan;
    next += countOf(plan.command);
    const command = resolve(plan, model, next, (number) => real.knows(number));
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
