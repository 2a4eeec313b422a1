import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DAY } from "../../../src/protocol/limits.ts";
import { lapsesAt } from "../../../src/relay/mailbox/lapse.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { envelope, openMailbox, rows } from "./stage.ts";

const MESSAGES = 1000;
/** In seconds, as they come: most senders leave a text its week, some want it gone in minutes. */
const TTLS = [604_800, 604_800, 86_400, 3600, 300];
/** One each so often. */
const PACE = 4000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("sets the alarm less than once in twenty messages that are held, drained or not", {
  timeout: 60_000,
}, async () => {
  const { stub, epoch } = await openMailbox();
  const lapse = lapsesAt(Math.floor(Date.now() / DAY));
  const set = await runInDurableObject(stub, (_: Mailbox, { storage }) => vi.spyOn(storage, "setAlarm"));
  const next = () => Number(set.mock.lastCall?.[0] ?? lapse);
  const came = { held: 0, taken: 0 };
  /** Alarms come as they are set, one after the other. */
  const letTimePassTo = async (time: number) => {
    for (let at = next(); at <= time && at < lapse; at = next()) {
      vi.setSystemTime(Math.max(at, Date.now()));
      await runInDurableObject(stub, (mailbox: Mailbox) => mailbox.alarm());
      expect(next()).toBeGreaterThan(at);
    }
    vi.setSystemTime(time);
  };
  for (let i = 0; i < MESSAGES; i++) {
    await letTimePassTo(Date.now() + PACE);
    const { outcome } = await stub.deposit(epoch, envelope(i), TTLS[i % TTLS.length] ?? 0);
    if (outcome === "held") came.held++;
    if (i % 100 !== 99) continue;
    // The device comes by for a moment, and takes half of what is there.
    const pulled = await stub.messages(50);
    const ids = pulled.outcome === "messages" ? pulled.messages.map(({ id }) => id) : [];
    came.taken += ids.length;
    await stub.acknowledge(ids);
  }
  await letTimePassTo(Date.now() + 8 * DAY);
  expect(came.held).toBe(MESSAGES);
  expect(came.taken).toBeGreaterThan(MESSAGES / 4);
  expect(await rows(stub, "message")).toEqual([]);
  expect(next()).toBe(lapse);
  expect(set.mock.calls.length / MESSAGES).toBeLessThan(0.05);
  set.mockRestore();
});
