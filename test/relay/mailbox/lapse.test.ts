import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY, LAPSE_DAYS } from "../../../src/protocol/limits.ts";
import { lastReceipt } from "../../../src/relay/consent/records.ts";
import { isKnown, lapsesAt } from "../../../src/relay/mailbox/lapse.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import {
  ADDRESS,
  Device,
  envelope,
  inStorage,
  oneTimeKey,
  openMailbox,
  randomKey,
  rows,
  type Stub,
  tables,
} from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const later = (days: number) => vi.setSystemTime(Date.now() + days * DAY);
const alarmOf = (stub: Stub) => runInDurableObject(stub, (_: Mailbox, { storage }) => storage.getAlarm());
const today = () => Math.floor(Date.now() / DAY);
const watchAlarm = (stub: Stub) =>
  runInDurableObject(stub, (_: Mailbox, { storage }) => vi.spyOn(storage, "setAlarm"));

describe("the time at which a mailbox lapses", () => {
  it("is after 180 whole days without its device", () => {
    expect(LAPSE_DAYS).toBe(180);
    expect(lapsesAt(20_000)).toBe(20_181 * DAY);
  });

  it("is none while no visit was ever noted", () => {
    expect([0, 1].map(isKnown)).toEqual([false, true]);
  });
});

describe("a mailbox that sees no device for 180 days", () => {
  it("ends as if its owner had left, by its alarm, with a receipt that says why", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 300 * DAY)]);
    await stub.deposit({ nonce: randomKey(), mayOpen: true }, envelope(1), 60);
    await stub.depositRevocable(epoch, randomKey(), envelope(2), 60);
    expect(await alarmOf(stub)).toBeLessThan(lapsesAt(today()));
    later(1);
    // The alarm of what was held comes first, and is then set for the lapse.
    await runDurableObjectAlarm(stub);
    later(LAPSE_DAYS - 1);
    await runDurableObjectAlarm(stub);
    expect(await rows(stub, "mailbox")).toMatchObject([{ state: "open" }]);
    expect(await alarmOf(stub)).toBe((today() + 1) * DAY);
    await stub.deposit(epoch, envelope(3), 3600);
    later(1);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await tables(stub)).toEqual([]);
    expect(await alarmOf(stub)).toBeNull();
    const receipt = decodeJwt((await lastReceipt(env.RECORDS, consentId, Date.now())) ?? "");
    expect(receipt).toMatchObject({
      consentId,
      ended: "lapsed",
      erased: { deliveryTokens: 1, oneTimeKeys: 1 },
    });
    expect(receipt.restorable).toEqual(expect.arrayContaining([expect.anything()]));
    expect(await stub.deposit(epoch, envelope(4), 60)).toEqual({ outcome: "not-authorized" });
    expect(await stub.status()).toEqual({ outcome: "no-consent" });
    expect(await tables(stub)).toEqual([]);
  });

  it("retries what D1 did not take, and refuses everybody meanwhile", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { stub, epoch, consentId } = await openMailbox();
    later(LAPSE_DAYS + 1);
    await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO consent_receipt_gone");
    await runDurableObjectAlarm(stub);
    expect(await rows(stub, "mailbox")).toMatchObject([{ state: "withdrawing", lapsed: 1 }]);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "not-authorized" });
    const again = { consentId: "next", address: ADDRESS, noticeVersion: 1, introductions: false, nonce: 9 };
    expect(await stub.open(again)).toEqual({ outcome: "withdrawing" });
    await env.RECORDS.exec("ALTER TABLE consent_receipt_gone RENAME TO consent_receipt");
    await evictDurableObject(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await tables(stub)).toEqual([]);
    expect(decodeJwt((await lastReceipt(env.RECORDS, consentId, Date.now())) ?? "")).toMatchObject({
      ended: "lapsed",
    });
    expect(await stub.open(again)).toMatchObject({ outcome: "opened" });
  });

  it("that its owner withdraws while it lapses is one end with one receipt", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    later(LAPSE_DAYS + 1);
    const used = nonce();
    const withdrawn = await runInDurableObject(stub, async (mailbox: Mailbox) => {
      const lapsing = mailbox.alarm();
      const answer = await mailbox.withdraw(consentId, used);
      await lapsing;
      return answer;
    });
    expect(withdrawn).toEqual({
      outcome: "withdrawn",
      receipt: await lastReceipt(env.RECORDS, consentId, Date.now()),
    });
    expect(await tables(stub)).toEqual([]);
  });
});

describe("a visit", () => {
  it.each<[string, (stub: Stub, nonce: () => number) => Promise<unknown>]>([
    ["a socket", (stub, nonce) => Device.connect(stub, nonce())],
    ["a look at its state", (stub) => stub.status()],
    ["a look at what is held", (stub) => stub.held()],
    ["a pull", (stub) => stub.messages(10)],
    ["an acknowledgement", (stub) => stub.acknowledge([1])],
    ["a new pool", (stub, nonce) => stub.replaceOneTimeKeys(nonce(), [])],
  ])("by %s keeps it for 180 days more, and sets no alarm", async (_, visit) => {
    const { stub, epoch, nonce } = await openMailbox();
    const opened = today();
    const set = await watchAlarm(stub);
    later(100);
    await visit(stub, nonce);
    expect(set.mock.calls.every(([at]) => at === Number.POSITIVE_INFINITY)).toBe(true);
    set.mockRestore();
    later(LAPSE_DAYS - 100 + 1);
    expect(await alarmOf(stub)).toBe(lapsesAt(opened));
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBe(lapsesAt(opened + 100));
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
  });

  it("each day writes one row a day and never an alarm", async () => {
    const { stub } = await openMailbox();
    const set = await watchAlarm(stub);
    for (let day = 0; day < 10; day++) {
      later(1);
      await stub.status();
      const seen = await inStorage(stub, (sql) => sql.exec("SELECT seen_day AS day FROM mailbox").one().day);
      expect(seen).toBe(today());
    }
    expect(set).not.toHaveBeenCalled();
    set.mockRestore();
  });

  it("that has lasted since the first day counts: a connected device is there", async () => {
    const { stub, nonce } = await openMailbox();
    const device = await Device.connect(stub, nonce());
    later(LAPSE_DAYS + 1);
    await runDurableObjectAlarm(stub);
    expect(device.closeCode).toBeUndefined();
    expect(await alarmOf(stub)).toBe(lapsesAt(today()));
    expect(await stub.status()).toMatchObject({ outcome: "status" });
  });

  it("was never noted of a mailbox from before that: its time begins when the alarm looks", async () => {
    const { stub } = await openMailbox();
    await inStorage(stub, (sql) => sql.exec("UPDATE mailbox SET seen_day = 0"));
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await stub.status()).toMatchObject({ outcome: "status" });
    expect(await alarmOf(stub)).toBe(lapsesAt(today()));
  });
});
