import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY, LAPSE_DAYS } from "../../../src/protocol/limits.ts";
import { lastReceipt } from "../../../src/relay/consent/records.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { anyNumber, Listed, seeker } from "../directory/stage.ts";
import { type Stub, tables } from "../mailbox/stage.ts";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const stubOf = ({ address }: Listed) => env.MAILBOX.get(env.MAILBOX.idFromName(address)) as Stub;

/** Listed and verified, with somebody who waits for the number. */
async function claimed() {
  const number = anyNumber();
  const anna = await Listed.under(number, Date.now() - 1000);
  await anna.verify(number);
  const bert = await Listed.agreeing();
  await bert.verify(number);
  expect(await (await bert.put(number)).json()).toMatchObject({ state: "waiting" });
  return { number, anna, bert };
}

async function erasedBy({ consentId }: Listed) {
  const receipt = await lastReceipt(env.RECORDS, consentId, Date.now());
  return decodeJwt(receipt ?? "") as { ended: string; erased: Record<string, number>; restorable: unknown[] };
}

async function rowsOf({ consentId, address }: Listed): Promise<string[]> {
  const left: string[] = [];
  for (const table of ["consent", "consent_purpose", "verified_number", "route", "route_claim"]) {
    const { results } = await env.RECORDS.prepare(`SELECT * FROM ${table}`).all();
    const text = JSON.stringify(results);
    if (text.includes(consentId) || text.includes(address)) left.push(table);
  }
  return left;
}

/** Each is what has happened when the machine stops. */
const CRASHES: Record<string, (stub: Stub) => Promise<() => Promise<unknown>>> = {
  "before D1 took the end": async () => {
    await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO consent_receipt_gone");
    return () => env.RECORDS.exec("ALTER TABLE consent_receipt_gone RENAME TO consent_receipt");
  },
  "after D1 took the end": async (stub) => {
    await runInDurableObject(stub, (_: Mailbox, { storage }) => {
      vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("crash"));
    });
    return async () => undefined;
  },
};

describe.each(Object.entries(CRASHES))("an end that crashed %s", (_, crash) => {
  it.each(["withdrawn", "lapsed"])("comes to its end by the alarm: %s, nothing half-open", async (how) => {
    const { number, anna, bert } = await claimed();
    const stub = stubOf(anna);
    const mend = await crash(stub);
    if (how === "lapsed") {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + (LAPSE_DAYS + 1) * DAY });
      await runDurableObjectAlarm(stub);
    } else expect((await anna.device.withdraw()).status).toBe(409);
    expect(await stub.status()).toEqual({ outcome: "no-consent" });
    expect(
      await stub.deposit({ nonce: new Uint8Array(16), mayOpen: true }, new Uint8Array(2048), 60),
    ).toEqual({
      outcome: "not-authorized",
    });
    await mend();
    await evictDurableObject(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await tables(stub)).toEqual([]);
    expect(await rowsOf(anna)).toEqual([]);
    const { ended, erased, restorable } = await erasedBy(anna);
    expect([ended, restorable.length]).toEqual([how, 3]);
    expect(erased).toMatchObject({
      ...{ consents: 1, purposes: 3, verifiedNumbers: 1, routes: 1, routeClaims: 0, deliveryTokens: 1 },
    });
    // Whoever waited has the number now.
    const other = await seeker();
    expect(await other.find(number)).toMatchObject({ address: bert.address });
  });
});

describe("the end of a device that waits for a number", () => {
  it("counts the claim that goes with it, and leaves the number with whoever has it", async () => {
    const { number, anna, bert } = await claimed();
    expect((await bert.device.withdraw()).status).toBe(200);
    expect(await rowsOf(bert)).toEqual([]);
    expect((await erasedBy(bert)).erased).toMatchObject({ routes: 0, routeClaims: 1, verifiedNumbers: 1 });
    const other = await seeker();
    expect(await other.find(number)).toMatchObject({ address: anna.address });
  });
});
