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

  it("under a renewed consent takes over its id and notice, and keeps the epoch and what is held", async () => {
    const { stub, epoch } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const grant = { consentId: "renewed", address: ADDRESS, noticeVersion: 2, nonce: 7, introductions: true };
    expect(await stub.open(grant)).toEqual({ outcome: "already-open", epoch });
    expect(await rows(stub, "mailbox")).toMatchObject([
      { consent_id: "renewed", notice_version: 2, nonce: 7, state: "open" },
    ]);
    expect(await stub.status()).toMatchObject({ messages: 1, nonce: 7 });
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
