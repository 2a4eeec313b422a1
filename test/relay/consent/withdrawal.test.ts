import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it, vi } from "vitest";
import type { HeldAnswer, ReceiptAnswer } from "../../../src/protocol/answers.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { receiptKeySet } from "../../../src/relay/receipts/key-set.ts";
import { fetchRelay, ORIGIN, refusal, SigningDevice, senderRequest } from "../edge/signing-device.ts";

const receiptOf = async (consentId: string) =>
  fetchRelay(new Request(ORIGIN + pathOf(ROUTES.receipt, { consentId })));

describe("a withdrawal", () => {
  it("erases mailbox and record and returns a receipt of what it erased", async () => {
    const device = new SigningDevice();
    const { consentId, deliveryToken } = await device.optIn();
    for (let i = 0; i < 3; i++)
      expect((await fetchRelay(senderRequest(device.address, deliveryToken))).status).toBe(201);
    const answer = await device.withdraw();
    const { receipt }: ReceiptAnswer = await answer.json();
    const { payload } = await jwtVerify(receipt, createLocalJWKSet(receiptKeySet(env)), {
      typ: "restante-erasure+jwt",
    });
    expect(answer.status).toBe(200);
    expect(payload).toMatchObject({ consentId, erased: { messages: 3, bytes: 3 * 2048 } });
    expect(await (await receiptOf(consentId)).json()).toEqual({ receipt });
    for (const path of [ROUTES.currentConsent, ROUTES.mailbox, ROUTES.messages, ROUTES.held])
      expect(await refusal(device.read(path)), path).toEqual([404, "no-consent"]);
    expect(await refusal(device.withdraw())).toEqual([404, "no-consent"]);
    const stub = env.MAILBOX.get(env.MAILBOX.idFromName(device.address));
    const tables = await runInDurableObject(stub, (_, state) => [
      ...state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'"),
    ]);
    expect(tables).toEqual([]);
  });

  it("leaves no row with the address in D1", async () => {
    const device = new SigningDevice();
    await device.optIn();
    await device.withdraw();
    for (const table of ["consent", "consent_purpose", "consent_event", "consent_receipt"]) {
      const { results } = await env.RECORDS.prepare(`SELECT * FROM ${table}`).all();
      expect(JSON.stringify(results)).not.toContain(device.address);
    }
  });

  it("ends a consent whose grant crashed before its mailbox opened", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    const stub = env.MAILBOX.get(env.MAILBOX.idFromName(device.address));
    await runInDurableObject(stub, (_, state) => state.storage.deleteAll());
    await evictDurableObject(stub); // it remembers having been there
    const { receipt }: ReceiptAnswer = await (await device.withdraw()).json();
    expect(await (await receiptOf(consentId)).json()).toEqual({ receipt });
    expect(await refusal(device.read(ROUTES.currentConsent))).toEqual([404, "no-consent"]);
    expect(await refusal(device.read(ROUTES.mailbox))).toEqual([404, "no-consent"]);
  });
});

describe("a receipt", () => {
  it("is kept under known consent ids only", async () => {
    for (const consentId of ["x", "A".repeat(22), "%00", "'%20OR%201=1--"])
      expect(await refusal(fetchRelay(new Request(`${ORIGIN}/v1/receipts/${consentId}`)))).toEqual([
        404,
        "no-receipt",
      ]);
  });
});

describe("what is held", () => {
  it("is every row about the device: of its mailbox and of D1", async () => {
    const device = new SigningDevice();
    const { consentId, deliveryToken } = await device.optIn();
    await fetchRelay(senderRequest(device.address, deliveryToken));
    const held: HeldAnswer = await (await device.read(ROUTES.held)).json();
    expect(held.records.map(({ table, rows }) => [table, rows.length])).toEqual([
      ["consent", 1],
      ["consent_event", 1],
      ["consent_purpose", 1],
    ]);
    expect(held.records[0]?.rows[0]).toMatchObject({ address: device.address, consent_id: consentId });
    const message = held.mailbox.find(({ rows }) => rows.some((row) => JSON.stringify(row).includes("2048")));
    expect(message?.rows).toHaveLength(1);
  });

  it("is shown while the mailbox is being erased, as long as anything of it is left", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    const stub = env.MAILBOX.get(env.MAILBOX.idFromName(device.address));
    await runInDurableObject(stub, (_, { storage }) => {
      vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("disk"));
    });
    expect(await refusal(device.withdraw())).toEqual([409, "withdrawal-in-progress"]);
    const held: HeldAnswer = await (await device.read(ROUTES.held)).json();
    expect(held.records).toEqual([]);
    expect(held.mailbox.filter(({ rows }) => rows.length > 0)).toMatchObject([
      { table: "mailbox", rows: [{ address: device.address, consent_id: consentId, state: "withdrawing" }] },
    ]);
    expect(await refusal(device.grant())).toEqual([409, "withdrawal-in-progress"]);
    await runDurableObjectAlarm(stub);
    expect(await refusal(device.read(ROUTES.held))).toEqual([404, "no-consent"]);
    vi.restoreAllMocks();
  });

  it("walks the real tables: one that is added later is in it", async () => {
    const device = new SigningDevice();
    await device.optIn();
    await env.RECORDS.exec("CREATE TABLE added_later (address TEXT, note TEXT)");
    await env.RECORDS.prepare("INSERT INTO added_later VALUES (?, 'mine'), ('other', 'not mine')")
      .bind(device.address)
      .run();
    const held: HeldAnswer = await (await device.read(ROUTES.held)).json();
    expect(held.records.find(({ table }) => table === "added_later")?.rows).toEqual([
      { address: device.address, note: "mine" },
    ]);
    await env.RECORDS.exec("DROP TABLE added_later");
  });
});
