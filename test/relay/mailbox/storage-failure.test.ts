import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE } from "../../../src/protocol/close.ts";
import { ERASED_WITHIN } from "../../../src/protocol/limits.ts";
import { Store } from "../../../src/relay/mailbox/store.ts";
import { NOTHING } from "../../../src/relay/mailbox/window.ts";
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
  upgrade,
} from "./stage.ts";

const UNAVAILABLE = { outcome: "unavailable" };

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** SQLite itself refuses, in the middle of whatever transaction it is in. */
function refuse(stub: Stub, on: string, when = "1"): Promise<unknown> {
  return inStorage(stub, (sql) =>
    sql.exec(`CREATE TRIGGER broken BEFORE ${on} WHEN ${when} BEGIN SELECT RAISE(ABORT, 'broken disk'); END`),
  );
}
function mend(stub: Stub): Promise<unknown> {
  return inStorage(stub, (sql) => sql.exec("DROP TRIGGER broken"));
}

describe("when storage fails", () => {
  it("no deposit of a gathered turn is half done, and each may be repeated", async () => {
    const { stub, epoch } = await openMailbox();
    await refuse(stub, "INSERT ON message", "(SELECT COUNT(*) FROM message) = 2");
    const bodies = [1, 2, 3].map((number) => envelope(number));
    const answers = await Promise.all(bodies.map((body) => stub.deposit(epoch, body, 60)));
    // The three may have come in one turn or in several: what was not answered `held` is not there.
    const held = answers.filter(({ outcome }) => outcome === "held").length;
    expect(answers.filter(({ outcome }) => outcome === "unavailable")).toHaveLength(3 - held);
    expect(held).toBeLessThan(3);
    expect(await rows(stub, "message")).toHaveLength(held);
    expect(await stub.status()).toMatchObject({ messages: held, bytes: held * 2048 });
    await mend(stub);
    expect(await stub.deposit(epoch, envelope(4), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.status()).toMatchObject({ messages: held + 1 });
  });

  it("an acknowledgement of several erases none, and the device is told to come back", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    for (const number of [1, 2]) await stub.deposit(epoch, envelope(number), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const ids = device.messages.map(({ id }) => id);
    await refuse(stub, "DELETE ON message", `old.id = ${ids[1]}`);
    expect(await stub.acknowledge(ids)).toEqual(UNAVAILABLE);
    device.acknowledge(...ids);
    expect(await device.closed).toBe(CLOSE.unavailable.code);
    expect(device.erased).toEqual([]);
    expect(await stub.status()).toMatchObject({ messages: 2, bytes: 4096 });
    await mend(stub);
    const again = await Device.connect(stub, nonce());
    await again.caughtUp();
    again.acknowledge(...ids);
    await again.confirms(2);
    expect(again.erased.every(({ erased }) => erased)).toBe(true);
  });

  it("neither a revocation nor its opposite happens", async () => {
    const { stub, epoch } = await openMailbox();
    const key = randomKey();
    await stub.depositRevocable(epoch, key, envelope(1), 60);
    await refuse(stub, "UPDATE ON revocable_deposit");
    expect(await stub.revoke(epoch, key)).toEqual(UNAVAILABLE);
    expect(await stub.depositState(epoch, key)).toMatchObject({ outcome: "held" });
    await mend(stub);
    expect(await stub.revoke(epoch, key)).toMatchObject({ outcome: "revoked" });
  });

  it("no key is claimed, no pool replaced and no nonce used", async () => {
    const { stub, epoch } = await openMailbox();
    const key = oneTimeKey(Date.now() + 60_000);
    await stub.replaceOneTimeKeys(2, [key]);
    await refuse(stub, "DELETE ON one_time_key");
    expect(await stub.claimOneTimeKey(epoch)).toEqual(UNAVAILABLE);
    expect(await stub.replaceOneTimeKeys(3, [])).toEqual(UNAVAILABLE);
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1, nonce: 2 });
    await mend(stub);
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "claimed", key });
  });

  it("a mailbox does not open, rotate, connect or begin to go", async () => {
    const { stub, epoch, consentId } = await openMailbox();
    await refuse(stub, "UPDATE ON mailbox");
    const grant = { consentId: "next", address: "a", noticeVersion: 2, nonce: 9, introductions: false };
    expect(await stub.open(grant)).toEqual(UNAVAILABLE);
    expect(await stub.rotateDeliveryToken(9)).toEqual(UNAVAILABLE);
    expect(await stub.withdraw(consentId, 9)).toEqual(UNAVAILABLE);
    expect((await upgrade(stub, 9)).status).toBe(503);
    await mend(stub);
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.status()).toMatchObject({ nonce: 1 });
  });

  it("nothing is remembered that was rolled back", async () => {
    const { stub } = await openMailbox();
    const state = await inStorage(stub, (_, { storage }) => {
      const store = new Store(storage, () => NOTHING);
      const useAndFail = () => {
        store.state.useNonce(9, Date.now());
        const read = store.state.read();
        throw new Error(read.status === "open" ? String(read.nonce) : read.status);
      };
      expect(() => store.transaction(useAndFail)).toThrow("9");
      return store.state.read();
    });
    expect(state).toMatchObject({ nonce: 1 });
  });

  it("reads say so, and a device that cannot be drained is told to come back", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await inStorage(stub, (sql) => sql.exec("ALTER TABLE message RENAME TO unreadable"));
    expect(await stub.messages(1)).toEqual(UNAVAILABLE);
    expect(await stub.status()).toEqual(UNAVAILABLE);
    const device = await Device.connect(stub, nonce());
    expect(await device.closed).toBe(CLOSE.unavailable.code);
    await inStorage(stub, (sql) => sql.exec("ALTER TABLE unreadable RENAME TO message"));
    const again = await Device.connect(stub, nonce());
    await again.caughtUp();
    expect(again.numbers).toEqual([1]);
  });

  it("a grant that could not be taken over leaves the alarm to what ends", async () => {
    const { stub, epoch } = await openMailbox();
    await refuse(stub, "UPDATE ON mailbox");
    const grant = { consentId: "other", address: ADDRESS, noticeVersion: 99, nonce: 7, introductions: false };
    expect(await stub.open(grant)).toEqual(UNAVAILABLE);
    await mend(stub);
    const held = await stub.deposit(epoch, envelope(1), 3600);
    const alarm = await inStorage(stub, (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeLessThanOrEqual((held.outcome === "held" ? held.heldUntil : 0) + ERASED_WITHIN);
  });
});
