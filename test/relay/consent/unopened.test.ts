import { createScheduledController, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DAY, LAPSE_DAYS } from "../../../src/protocol/limits.ts";
import { historyOf } from "../../../src/relay/consent/history.ts";
import { consentOf, lastReceipt } from "../../../src/relay/consent/records.ts";
import { endUnopenedDue } from "../../../src/relay/consent/unopened.ts";
import worker from "../../../src/relay/index.ts";
import { anyNumber, Listed, seeker } from "../directory/stage.ts";
import { SigningDevice } from "../edge/signing-device.ts";
import { type Stub, tables } from "../mailbox/stage.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const db = env.RECORDS;
const stubOf = ({ address }: { address: string }) => env.MAILBOX.get(env.MAILBOX.idFromName(address)) as Stub;
const consentIdOf = async ({ address }: { address: string }) => (await consentOf(db, address))?.consentId;
const askedAfter = ({ address }: { address: string }) =>
  db.prepare("SELECT ask_mailbox_after AS at FROM consent WHERE address = ?").bind(address).first("at");
async function loseMailbox(device: { address: string }): Promise<void> {
  await runInDurableObject(stubOf(device), (_, { storage }) => storage.deleteAll());
  await evictDurableObject(stubOf(device)); // it remembers having been there
}
/** Without the mailbox: the Worker stopped in between, and the device never came back. */
async function recordedOnly(): Promise<SigningDevice> {
  const device = new SigningDevice();
  await device.optIn();
  await loseMailbox(device);
  await db
    .prepare("UPDATE consent SET ask_mailbox_after = ? WHERE address = ?")
    .bind(Date.now() + (LAPSE_DAYS + 1) * DAY, device.address)
    .run();
  return device;
}
async function dailyIn(days: number, relay = env): Promise<void> {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * DAY });
  await worker.scheduled(createScheduledController({ scheduledTime: Date.now() }), relay);
}

describe("a consent without a mailbox", () => {
  it("lapses in the daily run when it is as old as a mailbox that its device has left, with receipt and event", async () => {
    const device = await recordedOnly();
    const consentId = (await consentIdOf(device)) ?? "";
    await dailyIn(LAPSE_DAYS);
    expect(await consentIdOf(device)).toBe(consentId);
    await dailyIn(2);
    expect(await consentIdOf(device)).toBeUndefined();
    const receipt = decodeJwt((await lastReceipt(db, consentId, Date.now())) ?? "");
    expect(receipt).toMatchObject({
      ended: "lapsed",
      erased: { messages: 0, deliveryTokens: 0, consents: 1 },
    });
    const { events } = await historyOf(db, consentId, 0);
    expect(events.map(({ kind }) => kind)).toEqual(["granted", "lapsed"]);
    expect(await tables(stubOf(device))).toEqual([]);
  });

  it("that was restored with D1 ends as soon as all mailboxes are asked, and is found by its number no more", async () => {
    const number = anyNumber();
    const listed = await Listed.under(number, Date.now() - 1000);
    const staying = await Listed.agreeing();
    const other = await seeker();
    await loseMailbox(listed);
    expect(await other.find(number)).toMatchObject({ address: listed.address });
    await db.exec(`UPDATE consent SET ask_mailbox_after = granted_at + ${DAY}`);
    await dailyIn(2);
    expect([await consentIdOf(listed), await consentIdOf(staying)]).toEqual([undefined, staying.consentId]);
    expect(await askedAfter(staying)).toBeNull();
    expect(await other.find(number)).toBeUndefined();
  });

  it("that cannot be asked for makes way for others, and is due again", async () => {
    const devices = [await recordedOnly(), await recordedOnly()];
    await db.exec("UPDATE consent SET ask_mailbox_after = NULL");
    for (const [index, device] of devices.entries())
      await db
        .prepare("UPDATE consent SET ask_mailbox_after = ? WHERE address = ?")
        .bind(index, device.address)
        .run();
    const heard = vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = {
      ...env,
      MAILBOX: {
        idFromName: (name: string) => env.MAILBOX.idFromName(name),
        get: () => ({ lastSeen: () => Promise.reject(new Error("unreachable")) }),
      },
    } as unknown as Env;
    const now = Date.now();
    expect(await endUnopenedDue(broken, db, now, 1)).toEqual({ asked: 1, ended: 0 });
    expect(heard).toHaveBeenCalledOnce();
    expect(await endUnopenedDue(env, db, now, 1)).toEqual({ asked: 1, ended: 1 });
    expect(await endUnopenedDue(env, db, now, 1)).toEqual({ asked: 0, ended: 0 });
    const ids = async () => Promise.all(devices.map(consentIdOf));
    expect(await ids()).toEqual([expect.any(String), undefined]);
    expect(await endUnopenedDue(env, db, now + DAY, 1)).toEqual({ asked: 1, ended: 1 });
    expect(await ids()).toEqual([undefined, undefined]);
  });
});

describe("a consent with its mailbox", () => {
  it("is never asked about: both know it from the grant on, also after a renewal", async () => {
    const device = new SigningDevice();
    await device.optIn();
    expect(await askedAfter(device)).toBeNull();
    expect((await device.grant()).status).toBe(201);
    expect(await askedAfter(device)).toBeNull();
  });
});
