import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import {
  ADDRESS,
  absentMailbox,
  envelope,
  oneTimeKey,
  openMailbox,
  randomKey,
  rows,
  tables,
  upgrade,
} from "./stage.ts";

describe("an absent mailbox", () => {
  it("answers every call, and writes nothing, not even tables", async () => {
    const stub = absentMailbox();
    const epoch = new Uint8Array(16);
    const key = randomKey();
    const refused = { outcome: "not-authorized" };
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual(refused);
    expect(await stub.deposit(epoch, envelope(1), 0)).toEqual(refused);
    expect(await stub.depositRevocable(epoch, key, envelope(1), 60)).toEqual(refused);
    expect(await stub.depositState(epoch, key)).toEqual(refused);
    expect(await stub.revoke(epoch, key)).toEqual(refused);
    expect(await stub.claimOneTimeKey(epoch)).toEqual(refused);
    const none = { outcome: "no-consent" };
    expect(await stub.status()).toEqual(none);
    expect(await stub.messages(10)).toEqual(none);
    expect(await stub.acknowledge([1])).toEqual(none);
    expect(await stub.replaceOneTimeKeys(1, [oneTimeKey(Date.now() + 1000)])).toEqual(none);
    expect(await stub.rotateDeliveryToken(1)).toEqual(none);
    expect(await stub.held()).toEqual(none);
    expect(await stub.withdraw("no such consent", 1)).toEqual(none);
    expect(await stub.withdrawAny(1)).toEqual(none);
    expect(await stub.confirm("no such consent", false)).toEqual(none);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    await evictDurableObject(stub);
    expect(await stub.status()).toEqual(none);
    expect(await tables(stub)).toEqual([]);
  });
});

describe("opening a mailbox", () => {
  it("makes an epoch of 16 random octets", async () => {
    const [one, other] = await Promise.all([openMailbox(), openMailbox()]);
    expect(one.epoch).toHaveLength(16);
    expect(one.epoch).not.toEqual(other.epoch);
  });

  it("again, under the same grant, changes nothing", async () => {
    const { stub, epoch, consentId } = await openMailbox();
    const grant = { consentId, address: ADDRESS, noticeVersion: 1, nonce: 1, introductions: false };
    const before = await rows(stub, "mailbox");
    expect(await stub.open(grant)).toEqual({ outcome: "already-open", epoch });
    expect(await rows(stub, "mailbox")).toEqual(before);
  });

  it("under another consent takes over its id and notice, keeps the epoch and what is held, and waits for D1's word", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const noticeVersion = currentNotice(env).version;
    const grant = { consentId: "other", address: ADDRESS, noticeVersion, nonce: 7, introductions: true };
    expect(await stub.open(grant)).toEqual({ outcome: "already-open", epoch });
    expect(await rows(stub, "mailbox")).toMatchObject([
      { consent_id: "other", notice_version: noticeVersion, nonce: 7, state: "open" },
    ]);
    expect(await stub.status()).toEqual({ outcome: "no-consent" });
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "not-authorized" });
    expect(await stub.confirm(consentId, false)).toEqual({ outcome: "no-consent" });
    expect(await stub.confirm("other", false)).toEqual({ outcome: "confirmed" });
    expect(await stub.status()).toMatchObject({ messages: 1, nonce: 7 });
    expect(await stub.rotateDeliveryToken(nonce() + 7)).toMatchObject({ outcome: "rotated" });
  });

  it("under the same consent takes over its notice, and stays open", async () => {
    const { stub, epoch, consentId } = await openMailbox();
    const noticeVersion = currentNotice(env).version + 1;
    const grant = { consentId, address: ADDRESS, noticeVersion, nonce: 7, introductions: true };
    expect(await stub.open(grant)).toEqual({ outcome: "already-open", epoch });
    expect(await stub.status()).toMatchObject({ noticeVersion, nonce: 7 });
    expect(await stub.confirm(consentId, false)).toEqual({ outcome: "confirmed" });
  });

  it("lets nobody in before it is confirmed, and can be ended", async () => {
    const stub = absentMailbox();
    const grant = { consentId: "one", address: ADDRESS, noticeVersion: 99, nonce: 1, introductions: true };
    const opened = await stub.open(grant);
    if (opened.outcome !== "opened") throw new Error(opened.outcome);
    const refused = { outcome: "not-authorized" };
    expect(await stub.deposit(opened.epoch, envelope(1), 60)).toEqual(refused);
    expect(await stub.claimOneTimeKey({ nonce: randomKey(), mayOpen: true })).toEqual(refused);
    const none = { outcome: "no-consent" };
    expect(await stub.messages(10)).toEqual(none);
    expect(await stub.rotateDeliveryToken(9)).toEqual(none);
    expect(await stub.replaceOneTimeKeys(9, [])).toEqual(none);
    expect((await upgrade(stub, 9)).status).toBe(404);
    expect(await stub.held()).toMatchObject({ outcome: "held" });
    expect(await stub.withdrawAny(1)).toEqual({ outcome: "nonce-used" });
    expect(await stub.withdrawAny(2)).toMatchObject({ outcome: "withdrawn" });
    expect(await stub.confirm("one", false)).toEqual(none);
    expect(await tables(stub)).toEqual([]);
  });

  it("refuses a nonce that was used, unless it repeats the grant that used it", async () => {
    const { stub, consentId } = await openMailbox();
    const other = { consentId: "other", address: ADDRESS, noticeVersion: 99, introductions: false };
    expect(await stub.open({ ...other, nonce: 1 })).toEqual({ outcome: "nonce-used" });
    expect(await stub.open({ ...other, consentId, nonce: 0 })).toEqual({ outcome: "nonce-used" });
    const { version } = currentNotice(env);
    expect(await rows(stub, "mailbox")).toMatchObject([{ consent_id: consentId, notice_version: version }]);
  });
});

describe("the delivery token's epoch", () => {
  it("rotates: the old one opens nothing any more, the new one does", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const rotated = await stub.rotateDeliveryToken(nonce());
    if (rotated.outcome !== "rotated") throw new Error(rotated.outcome);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "not-authorized" });
    expect(await stub.deposit(rotated.epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
  });

  it("does not rotate twice under one nonce", async () => {
    const { stub } = await openMailbox();
    await stub.rotateDeliveryToken(5);
    expect(await stub.rotateDeliveryToken(5)).toEqual({ outcome: "nonce-used" });
    expect(await stub.rotateDeliveryToken(4)).toEqual({ outcome: "nonce-used" });
  });
});
