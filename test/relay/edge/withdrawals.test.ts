import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/protocol/address.ts";
import type { ConsentGrantedAnswer, ReceiptAnswer } from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { encodeWithdrawalStatement } from "../../../src/protocol/withdrawal-statement.ts";
import { app } from "../../../src/relay/app.ts";
import { fetchRelay, handIn, ORIGIN, refusal, SigningDevice } from "./signing-device.ts";

const anyId = () => encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
const isOpen = async (device: SigningDevice) => (await device.read(ROUTES.mailbox)).status === 200;

async function consenting(): Promise<{ device: SigningDevice; consentId: string }> {
  const device = new SigningDevice();
  const { consentId } = await device.optIn();
  return { device, consentId };
}

describe("a withdrawal that was left behind", () => {
  it("ends the consent that it names, and gives the receipt again when it is asked again", async () => {
    const { device, consentId } = await consenting();
    const left = device.leaveBehind(consentId);
    const answer = await handIn(left);
    expect(answer.status).toBe(200);
    const { receipt }: ReceiptAnswer = await answer.json();
    expect(await isOpen(device)).toBe(false);
    expect(await refusal(device.read(ROUTES.currentConsent))).toEqual([404, "no-consent"]);
    expect(await (await handIn(left)).json()).toEqual({ receipt });
    const kept = await fetchRelay(new Request(ORIGIN + pathOf(ROUTES.receipt, { consentId })));
    expect(await kept.json()).toEqual({ receipt });
  });

  it("gives the same receipt when the device itself was first", async () => {
    const { device, consentId } = await consenting();
    const { receipt }: ReceiptAnswer = await (await device.withdraw()).json();
    expect(await (await handIn(device.leaveBehind(consentId))).json()).toEqual({ receipt });
  });

  it("stays good when the consent is renewed, which keeps its id", async () => {
    const { device, consentId } = await consenting();
    const left = device.leaveBehind(consentId);
    const renewed: ConsentGrantedAnswer = await (await device.grant()).json();
    expect(renewed.consentId).toBe(consentId);
    expect((await handIn(left)).status).toBe(200);
    expect(await isOpen(device)).toBe(false);
  });

  it("does nothing to a later consent, and does not tell that there is one", async () => {
    const { device, consentId } = await consenting();
    const left = device.leaveBehind(consentId);
    await device.withdraw();
    const alone = await (await handIn(left)).text();
    await device.optIn();
    expect(await (await handIn(left)).text()).toBe(alone);
    await env.RECORDS.prepare("UPDATE consent_receipt SET purge_after = 0 WHERE consent_id = ?")
      .bind(consentId)
      .run();
    expect(await refusal(handIn(left))).toEqual([404, "no-consent"]);
    expect(await isOpen(device)).toBe(true);
  });

  it("is answered alike for a consent that is another's, not in force or never was", async () => {
    const [{ device }, other] = [await consenting(), await consenting()];
    const stranger = new SigningDevice();
    const answers = await Promise.all(
      [
        device.leaveBehind(anyId()),
        device.leaveBehind(other.consentId),
        stranger.leaveBehind(anyId()),
        stranger.leaveBehind(other.consentId),
        new SigningDevice("zz").leaveBehind(anyId()),
      ].map(async (left) => {
        const answer = await handIn(left);
        return [answer.status, [...answer.headers], await answer.text()];
      }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(404);
    expect([await isOpen(device), await isOpen(other.device)]).toEqual([true, true]);
  });

  it("that its device did not sign is refused, and wakes nothing", async () => {
    const { device, consentId } = await consenting();
    const [left, foreign] = [device.leaveBehind(consentId), new SigningDevice()];
    const flipped = decodeBase64url(left.signature) ?? new Uint8Array();
    flipped[40] = (flipped[40] ?? 0) ^ 1;
    const statement = decodeBase64url(left.statement) ?? new Uint8Array();
    const refused = {
      "another's signature": foreign.leaveBehind(consentId, { address: device.address }),
      "a signature over another consent": { ...left, signature: device.leaveBehind(anyId()).signature },
      "a flipped bit": { ...left, signature: encodeBase64url(flipped) },
      "a short signature": { ...left, signature: left.signature.slice(0, -2) },
      "a signature of zeros": { ...left, signature: encodeBase64url(new Uint8Array(64)) },
      "another spelling": { ...left, statement: `${left.statement}=` },
      "octets left over": device.grantBody(new Uint8Array([...statement, 0])),
      "another kind of statement": device.grantBody(),
      nothing: { statement: "", signature: "" },
    };
    const before = await listDurableObjectIds(env.MAILBOX);
    for (const [why, sent] of Object.entries(refused))
      expect(await refusal(handIn(sent)), why).toEqual([400, "withdrawal-invalid"]);
    expect(await isOpen(device)).toBe(true);
    expect(await listDurableObjectIds(env.MAILBOX)).toEqual(before);
  });

  it("of a key under which anybody's signature verifies is refused", async () => {
    // The identity, and R the identity with S = 0: [S]B = R + [k]A whatever was signed.
    const identity = ed25519.Point.ZERO.toBytes();
    const statement = encodeWithdrawalStatement({ address: formatAddress(identity), consentId: anyId() });
    const signature = new Uint8Array([...identity, ...new Uint8Array(32)]);
    const sent = { statement: encodeBase64url(statement), signature: encodeBase64url(signature) };
    expect(await refusal(handIn(sent))).toEqual([400, "withdrawal-invalid"]);
  });

  it("wakes no mailbox unless it names the consent in force", async () => {
    const before = await listDurableObjectIds(env.MAILBOX);
    for (let i = 0; i < 3; i++) await handIn(new SigningDevice().leaveBehind(anyId()));
    expect(await listDurableObjectIds(env.MAILBOX)).toEqual(before);
  });

  it("of another form is told so", async () => {
    const { device, consentId } = await consenting();
    const left = device.leaveBehind(consentId);
    expect(await refusal(handIn(left, "text/plain"))).toEqual([415, "unsupported-media-type"]);
    expect(await refusal(handIn("x"))).toEqual([400, "malformed-request"]);
    expect(await refusal(handIn({ ...left, signature: 1 }))).toEqual([400, "malformed-request"]);
    expect(await refusal(handIn({ statement: left.statement }))).toEqual([400, "malformed-request"]);
    expect(await refusal(handIn({ ...left, padding: " ".repeat(160 * 1024) }))).toEqual([413, "too-large"]);
    expect(await isOpen(device)).toBe(true);
  });

  it("spends a share of its own, and only when it was signed", async () => {
    const { device, consentId } = await consenting();
    const counts = new Map<string, number>();
    const limit = async ({ key }: { key: string }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= 1 };
    };
    const limited = { ...env, MAILBOX_RATE: { limit } };
    const send = (json: unknown) =>
      app.fetch(
        new Request(ORIGIN + ROUTES.withdrawals, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(json),
        }),
        limited,
      );
    const old = device.leaveBehind(anyId());
    const forged = { ...old, statement: device.leaveBehind(consentId).statement };
    for (let i = 0; i < 3; i++) expect((await send(forged)).status).toBe(400);
    expect(counts.size).toBe(0);
    expect(await refusal(send(old))).toEqual([404, "no-consent"]);
    expect(await refusal(send(old))).toEqual([429, "rate-limited"]);
    expect((await send(device.leaveBehind(consentId))).status).toBe(200);
  });
});
