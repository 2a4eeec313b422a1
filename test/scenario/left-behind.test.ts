import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { readEveryFile, readMailboxes, readRecords } from "../../src/local/storage.ts";
import type { ReceiptAnswer } from "../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { encodeWithdrawalStatement } from "../../src/protocol/withdrawal-statement.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { refusals } from "./refusals.ts";
import { eventually, useRelay } from "./relay.ts";

describe("a withdrawal that a device left behind", () => {
  const relay = useRelay();
  const { stored, refused } = refusals(relay);

  /** Signed by `signer`, whoever it is about. */
  const leftBy = (signer: RawDevice, about: { address: string; consentId: string } = signer) => {
    const statement = encodeWithdrawalStatement(about);
    return { statement: encodeBase64url(statement), signature: encodeBase64url(signer.sign(statement)) };
  };
  const handIn = (json: unknown) =>
    fetch(`${relay().origin}/v1/withdrawals`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(json),
    });
  const again = async (device: RawDevice) => {
    const answer = await device.signed("POST", "/v1/consents", { json: await device.statement() });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { consentId: string; deliveryToken: string };
  };

  it("closes a lost device's mailbox, and nothing of it is left", async () => {
    const lost = await RawDevice.consenting(relay().origin);
    const left = leftBy(lost);
    const envelopes = [anyEnvelope(), anyEnvelope(4096)];
    for (const envelope of envelopes) expect((await deposit(lost, envelope)).status).toBe(201);
    const keys = [lost.oneTimeKey(), lost.oneTimeKey(true)].map(oneTimeKeyToJson);
    expect((await lost.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } })).status).toBe(200);
    const thief = await lost.connect();

    const answer = await handIn(left);
    expect(answer.status).toBe(200);
    const { receipt } = (await answer.json()) as ReceiptAnswer;
    const jwks = (await (await fetch(`${relay().origin}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
    const { payload } = await jwtVerify(receipt, createLocalJWKSet(jwks), { typ: "restante-erasure+jwt" });
    const erased = { messages: 2, bytes: 2048 + 4096, revocableDeposits: 0, oneTimeKeys: 2 };
    expect(payload).toMatchObject({ consentId: lost.consentId, erased });
    await eventually(() => thief.socket.readyState !== WebSocket.OPEN);
    await refused("not-authorized", () => deposit(lost, anyEnvelope()));
    await refused("no-consent", () => lost.signed("GET", "/v1/mailbox"));

    expect(await readMailboxes(relay().state)).toEqual([]);
    const records = await readRecords(relay().state);
    expect([records.consent, records.consent_purpose]).toEqual([[], []]);
    const needles = [
      ...envelopes.map((envelope) => Buffer.from(envelope.subarray(20, 84))),
      Buffer.from(lost.address),
      Buffer.from(decodeBase64url(lost.address) ?? []),
    ];
    // Beside the mailboxes workerd keeps its own index of alarms, which is not theirs to overwrite.
    for (const { path, bytes } of await readEveryFile(relay().state))
      if (path.includes("restante-Mailbox") && !path.includes("metadata.sqlite"))
        for (const needle of needles) expect(bytes.includes(needle), path).toBe(false);
    const kept = JSON.stringify([records.consent_event, records.consent_receipt], (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(kept).not.toContain(lost.address);
  });

  it("gets the same receipt again, also after the relay crashed", async () => {
    const lost = await RawDevice.consenting(relay().origin);
    const first = (await (await handIn(leftBy(lost))).json()) as ReceiptAnswer;
    await relay().crash();
    const repeated = await handIn(leftBy(lost));
    expect([repeated.status, await repeated.json()]).toEqual([200, first]);
  });

  it("does nothing to a later consent of the device, whoever repeats it", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const left = leftBy(device);
    const first = (await (await handIn(left)).json()) as ReceiptAnswer;
    const { deliveryToken } = await again(device);
    const found = { origin: device.origin, address: device.address, deliveryToken };
    expect((await deposit(found, anyEnvelope())).status).toBe(201);
    const before = await stored();
    for (let i = 0; i < 3; i++) expect(await (await handIn(left)).json()).toEqual(first);
    expect(await stored()).toEqual(before);
    expect((await deposit(found, anyEnvelope())).status).toBe(201);
    await device.signed("DELETE", "/v1/consents/current");
  });

  it("that is forged, another's, or names no consent in force changes nothing", async () => {
    const [device, other] = [
      await RawDevice.consenting(relay().origin),
      await RawDevice.consenting(relay().origin),
    ];
    expect((await deposit(device, anyEnvelope())).status).toBe(201);
    await refused("withdrawal-invalid", () => handIn(leftBy(other, device)));
    const { statement } = leftBy(device);
    await refused("withdrawal-invalid", () => handIn({ ...leftBy(other), statement }));
    const consent = await device.statement();
    await refused("withdrawal-invalid", () => handIn(consent));
    const elsewhere = { address: device.address, consentId: other.consentId };
    await refused("no-consent", () => handIn(leftBy(device, elsewhere)));
    const consentId = encodeBase64url(new Uint8Array(16));
    for (const signer of [device, new RawDevice(relay().origin)])
      await refused("no-consent", () => handIn(leftBy(signer, { address: signer.address, consentId })));
    for (const one of [device, other]) {
      expect((await one.signed("GET", "/v1/mailbox")).status).toBe(200);
      await one.signed("DELETE", "/v1/consents/current");
    }
  });
});
