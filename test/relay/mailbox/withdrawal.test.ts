import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE } from "../../../src/protocol/close.ts";
import { lastReceipt } from "../../../src/relay/consent/records.ts";
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
  upgrade,
} from "./stage.ts";

/** A grant of another consent, but for its nonce. */
const NEXT = { consentId: "next", address: ADDRESS, noticeVersion: 1, introductions: false };

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** D1 takes nothing until it is mended. */
async function breakRecords(): Promise<() => Promise<void>> {
  await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO consent_receipt_gone");
  return async () => {
    await env.RECORDS.exec("ALTER TABLE consent_receipt_gone RENAME TO consent_receipt");
  };
}

async function isErased(stub: Stub): Promise<void> {
  expect(await tables(stub)).toEqual([]);
  expect(await runInDurableObject(stub, (_: Mailbox, { storage }) => storage.getAlarm())).toBeNull();
  expect(await stub.status()).toEqual({ outcome: "no-consent" });
}

describe("a withdrawal", () => {
  it("erases everything, closes the socket and returns a receipt of what went", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 60_000)]);
    await stub.deposit({ nonce: randomKey(), mayOpen: true }, envelope(1), 60);
    await stub.depositRevocable(epoch, randomKey(), envelope(2), 60);
    await stub.revoke(epoch, randomKey());
    const device = await Device.connect(stub, nonce());
    const withdrawn = await stub.withdraw(consentId, nonce());
    if (withdrawn.outcome !== "withdrawn") throw new Error(withdrawn.outcome);
    expect(decodeJwt(withdrawn.receipt)).toMatchObject({
      consentId,
      erased: {
        messages: 1,
        bytes: 4096,
        revocableDeposits: 2,
        oneTimeKeys: 1,
        permits: 1,
        deliveryTokens: 1,
      },
    });
    expect(await device.closed).toBe(CLOSE.withdrawn.code);
    await isErased(stub);
    expect(await stub.deposit(epoch, envelope(3), 60)).toEqual({ outcome: "not-authorized" });
    expect((await upgrade(stub, 99)).status).toBe(404);
    expect(await tables(stub)).toEqual([]);
  });

  it("needs the consent that the mailbox is open under, and a fresh nonce", async () => {
    const { stub, consentId } = await openMailbox();
    expect(await stub.withdraw("another", 5)).toEqual({ outcome: "no-consent" });
    expect(await stub.withdraw(consentId, 1)).toEqual({ outcome: "nonce-used" });
    expect(await stub.status()).toMatchObject({ outcome: "status" });
  });

  it("by a statement that was left behind needs no nonce, and still that very consent", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const device = await Device.connect(stub, nonce());
    expect(await stub.withdraw("another")).toEqual({ outcome: "no-consent" });
    expect(await stub.status()).toMatchObject({ outcome: "status", messages: 1 });
    expect(await stub.withdraw(consentId)).toMatchObject({ outcome: "withdrawn" });
    expect(await device.closed).toBe(CLOSE.withdrawn.code);
    await isErased(stub);
    expect(await stub.withdraw(consentId)).toEqual({ outcome: "no-consent" });
    expect(await tables(stub)).toEqual([]);
  });

  it("by a statement meets the owner's as one withdrawal with one receipt", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    const [one, other] = await Promise.all([stub.withdraw(consentId), stub.withdraw(consentId, nonce())]);
    expect(one).toMatchObject({ outcome: "withdrawn" });
    expect(other).toEqual(one);
  });

  it("leaves a mailbox that can be opened anew, with an epoch of its own", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.withdraw(consentId, nonce());
    const opened = await stub.open({ ...NEXT, nonce: 1 });
    if (opened.outcome !== "opened") throw new Error(opened.outcome);
    await stub.confirm(NEXT.consentId, false);
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "not-authorized" });
    expect(await stub.deposit(opened.epoch, envelope(3), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.status()).toMatchObject({ messages: 1, nonce: 1 });
    const alarm = await runInDurableObject(stub, (_: Mailbox, { storage }) => storage.getAlarm());
    expect(alarm).not.toBeNull();
  });

  it("that D1 does not take refuses everything meanwhile, and the alarm ends it", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const mend = await breakRecords();
    expect(await stub.withdraw(consentId, nonce())).toEqual({ outcome: "withdrawing" });
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "not-authorized" });
    expect(await stub.status()).toEqual({ outcome: "no-consent" });
    expect(await stub.held()).toMatchObject({
      tables: expect.arrayContaining([
        { table: "mailbox", rows: [expect.objectContaining({ state: "withdrawing" })] },
        { table: "message", rows: [] },
      ]),
    });
    expect((await upgrade(stub, 99)).status).toBe(404);
    const grant = { ...NEXT, nonce: 100 };
    expect(await stub.open(grant)).toEqual({ outcome: "withdrawing" });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "mailbox")).toMatchObject([{ state: "withdrawing", erased_messages: 1 }]);
    await mend();
    await evictDurableObject(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await isErased(stub);
    expect(await stub.open(grant)).toMatchObject({ outcome: "opened" });
  });

  it("that is asked for again goes on and gives the receipt", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    const mend = await breakRecords();
    const used = nonce();
    expect(await stub.withdraw(consentId, used)).toEqual({ outcome: "withdrawing" });
    await mend();
    expect(await stub.withdraw("another", used)).toEqual({ outcome: "no-consent" });
    expect(await stub.withdraw(consentId, used)).toMatchObject({ outcome: "withdrawn" });
    await isErased(stub);
  });

  it("has erased what the receipt says before anybody can read the receipt", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 60_000)]);
    await stub.deposit({ nonce: randomKey(), mayOpen: true }, envelope(1), 60);
    await stub.depositRevocable(epoch, randomKey(), envelope(2), 60);
    await runInDurableObject(stub, (_: Mailbox, { storage }) => {
      vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("crash"));
    });
    expect(await stub.withdraw(consentId, nonce())).toEqual({ outcome: "withdrawing" });
    const receipt = (await lastReceipt(env.RECORDS, consentId, Date.now())) ?? "";
    const erased = {
      messages: 1,
      bytes: 4096,
      revocableDeposits: 1,
      oneTimeKeys: 1,
      permits: 1,
      deliveryTokens: 1,
    };
    expect(decodeJwt(receipt)).toMatchObject({ erased });
    for (const table of ["message", "revocable_deposit", "one_time_key", "permit"])
      expect(await rows(stub, table), table).toEqual([]);
    await runDurableObjectAlarm(stub);
    await isErased(stub);
    expect(await lastReceipt(env.RECORDS, consentId, Date.now())).toBe(receipt);
  });

  it("that D1 took before a crash ends under the receipt that was kept", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    // deleteAll() fails once: the state is as after a crash between the last two steps.
    const fail = await runInDurableObject(stub, (_: Mailbox, { storage }) =>
      vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("crash")),
    );
    expect(await stub.withdraw(consentId, nonce())).toEqual({ outcome: "withdrawing" });
    expect(fail).toHaveBeenCalledOnce();
    expect(await tables(stub)).not.toEqual([]);
    await runDurableObjectAlarm(stub);
    await isErased(stub);
    const kept = await env.RECORDS.prepare("SELECT COUNT(*) AS n FROM consent_receipt WHERE consent_id = ?")
      .bind(consentId)
      .first<{ n: number }>();
    expect(kept?.n).toBe(1);
  });

  it("asked for twice at once is one withdrawal with one receipt", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    const used = nonce();
    const [one, other] = await Promise.all([stub.withdraw(consentId, used), stub.withdraw(consentId, used)]);
    expect(one).toMatchObject({ outcome: "withdrawn" });
    expect(other).toEqual(one);
  });

  it("that runs late does not erase the mailbox that opened after it", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    const used = nonce();
    await runInDurableObject(stub, async (mailbox: Mailbox) => {
      const [first, second] = [mailbox.withdraw(consentId, used), mailbox.withdraw(consentId, used)];
      await first;
      await mailbox.open({ ...NEXT, nonce: 1 });
      await second;
      await mailbox.confirm(NEXT.consentId, false);
    });
    expect(await stub.status()).toMatchObject({ outcome: "status", nonce: 1 });
  });

  it("refuses a deposit that was on its way", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    const [deposited] = await runInDurableObject(stub, (mailbox: Mailbox) =>
      Promise.all([mailbox.deposit(epoch, envelope(1), 60), mailbox.withdraw(consentId, nonce())]),
    );
    expect(deposited).toEqual({ outcome: "not-authorized" });
    await isErased(stub);
  });

  it("leaves a text undecided that the device was shown and did not acknowledge", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const deposited = stub.deposit(epoch, envelope(1), 60);
    await device.receives(1);
    await stub.withdraw(consentId, nonce());
    expect(await deposited).toEqual({ outcome: "undecided" });
  });

  it("erases the bytes, not only the rows", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1, 65536), 60);
    await stub.withdraw(consentId, nonce());
    expect(await inStorage(stub, (sql) => sql.databaseSize)).toBeLessThan(65536);
  });
});
