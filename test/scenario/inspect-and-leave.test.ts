import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { freshVoprfKeys } from "../../src/local/secrets.ts";
import { readEveryFile, readMailboxes, readRecords } from "../../src/local/storage.ts";
import type { HeldAnswer, HeldTable, ReceiptAnswer } from "../../src/protocol/answers.ts";
import { decodeBase64url } from "../../src/protocol/base64url.ts";
import { ListedDevice } from "./listed.ts";
import { freshNumber } from "./numbered.ts";
import { ownRows, sorted, storedBudgets } from "./own-rows.ts";
import { pair, person } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

describe("promise 10: you see all that is held about you, and leave with one call", () => {
  const vars: Record<string, string | number> = { DIRECTORY_KEYS: freshVoprfKeys() };
  const relay = useRelay(() => vars);
  const counts = (tables: readonly HeldTable[]) =>
    Object.fromEntries(tables.map(({ table, rows }) => [table, rows.length]));

  it("`held` shows the same tables and rows as the storage files", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "one");
    await ann.send(bo.address, "two", { revocable: true });
    const held = await bo.held();
    const consentId = bo.consented()?.consentId ?? "";
    expect(sorted(held)).toEqual(await ownRows(relay().state, { address: bo.address, consentId }));
    expect(counts(held.mailbox)).toMatchObject({ mailbox: 1, message: 1, revocable_deposit: 1 });
    expect(counts(held.records)).toEqual({ consent: 1, consent_purpose: 1, consent_event: 1 });
    expect(JSON.stringify(held)).not.toContain(ann.address);
    await bo.withdraw();
    await ann.withdraw();
  });

  it("also what D1 holds of a device that is listed, of one that waits to be, and of their number's budgets", async () => {
    const number = freshNumber();
    const old = await ListedDevice.under(relay(), number);
    const young = await ListedDevice.agreeing(relay());
    expect((await young.list(await young.verify(number))).state).toBe("waiting");
    await young.find(number);
    const heldOf = async ({ raw }: ListedDevice) => {
      const held = sorted((await (await raw.signed("GET", "/v1/mailbox/held")).json()) as HeldAnswer);
      const named = held.records.filter(({ table }) => table !== "budget");
      const counted = held.records.find(({ table }) => table === "budget")?.rows ?? [];
      return { named: { ...held, records: named }, counted };
    };
    const common = { consent: 1, consent_purpose: 3, consent_event: 1, verified_number: 1 };
    const counted: unknown[] = [];
    for (const [device, own] of [
      [old, { ...common, route: 1 }],
      [young, { ...common, route_claim: 1 }],
    ] as const) {
      const held = await heldOf(device);
      expect(held.named).toEqual(await ownRows(relay().state, device.raw));
      expect(counts(held.named.records)).toEqual(own);
      counted.push(held.counted);
    }
    // Codes sent to the number and look-ups under it: the same for both, and neither is the network's or the relay's.
    expect(counted[0]).toHaveLength(2);
    expect(counted[1]).toEqual(counted[0]);
    const stored = await storedBudgets(relay().state);
    expect(stored).toEqual(expect.arrayContaining(counted[0] as unknown[]));
    expect(stored.length).toBeGreaterThan(2);

    vars.SECRET_VERSIONS = "budget=2,1";
    await relay().restart();
    expect((await heldOf(young)).counted).toEqual(counted[1]);
    for (const { raw } of [old, young])
      expect((await raw.signed("DELETE", "/v1/consents/current")).status).toBe(200);
  });

  it("withdrawal leaves no row and no byte of the mailbox, and a receipt that verifies", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const envelopes = [anyEnvelope(), anyEnvelope(4096), anyEnvelope()];
    for (const envelope of envelopes) await deposit(device, envelope);
    const keys = [device.oneTimeKey(), device.oneTimeKey(true)].map((k) => ({
      publicKey: Buffer.from(k.publicKey).toString("base64url"),
      lastResort: k.lastResort,
      expires: k.expires,
      signature: Buffer.from(k.signature).toString("base64url"),
    }));
    expect((await device.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } })).status).toBeLessThan(
      300,
    );
    expect((await readMailboxes(relay().state)).length).toBeGreaterThan(0);

    const answer = await device.signed("DELETE", "/v1/consents/current");
    expect(answer.status).toBe(200);
    const { receipt } = (await answer.json()) as ReceiptAnswer;
    const jwks = await (await fetch(`${relay().origin}/.well-known/jwks.json`)).json();
    const { payload } = await jwtVerify(receipt, createLocalJWKSet(jwks as JSONWebKeySet));
    expect(payload).toMatchObject({ erased: { messages: 3, bytes: 8192, oneTimeKeys: 2 } });
    await expect(
      jwtVerify(`${receipt.slice(0, -8)}AAAAAAAA`, createLocalJWKSet(jwks as JSONWebKeySet)),
    ).rejects.toThrow();

    expect(await readMailboxes(relay().state)).toEqual([]);
    const records = await readRecords(relay().state);
    expect(records.consent).toEqual([]);
    expect(records.consent_purpose).toEqual([]);
    const files = await readEveryFile(relay().state);
    // Beside the mailboxes workerd keeps its own index of alarms, which is not theirs to overwrite.
    const own = files.filter(
      ({ path }) => path.includes("restante-Mailbox") && !path.includes("metadata.sqlite"),
    );
    const needles = [
      ...envelopes.map((envelope) => Buffer.from(envelope.subarray(20, 84))),
      Buffer.from(device.address),
      Buffer.from(decodeBase64url(device.address) ?? []),
    ];
    for (const { path, bytes } of own)
      for (const needle of needles) expect(bytes.includes(needle), path).toBe(false);
    const kept = JSON.stringify([records.consent_event, records.consent_receipt], (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(kept).not.toContain(device.address);
  });

  it("a receipt whose answer was lost can be fetched by the consent id, and leaving twice is harmless", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const first = (await (await device.signed("DELETE", "/v1/consents/current")).json()) as ReceiptAnswer;
    const second = await device.signed("DELETE", "/v1/consents/current");
    expect(second.status).toBe(404);
    expect(await second.json()).toMatchObject({ code: "no-consent" });
    const fetched = await fetch(`${relay().origin}/v1/receipts/${device.consentId}`);
    expect(await fetched.json()).toEqual({ receipt: first.receipt });
  });

  it("the SDK leaves, can leave again, and can come back with a new yes", async () => {
    const bo = await person(relay().origin);
    const card = bo.card();
    const { receipt } = await bo.withdraw();
    expect(await bo.withdraw()).toEqual({ receipt });
    await bo.consent({ notice: await bo.notice(), purposes: ["messaging"], method: "test" });
    expect(bo.card()).not.toBe(card);
    const ann = await person(relay().origin);
    await ann.add(card);
    await expect(ann.send(bo.address, "with the old token")).rejects.toMatchObject({
      code: "not-authorized",
    });
    await ann.add(bo.card());
    expect((await ann.send(bo.address, "with the new one")).state).toBe("held");
  });

  it("a grant used before cannot reopen what was withdrawn", async () => {
    const device = new RawDevice(relay().origin);
    const json = await device.statement();
    expect((await device.signed("POST", "/v1/consents", { json })).status).toBe(201);
    expect((await device.signed("POST", "/v1/consents", { json })).status).toBe(200);
    await device.signed("DELETE", "/v1/consents/current");
    const replay = await device.signed("POST", "/v1/consents", { json });
    expect(replay.status).toBe(409);
    expect(await replay.json()).toMatchObject({ code: "consent-used" });
    expect(await readMailboxes(relay().state).then((all) => all.length)).toBeLessThan(3);
  });
});
