import { env } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { formatAddress, parseAddress } from "../../../src/protocol/address.ts";
import type {
  ConsentAnswer,
  ConsentGrantedAnswer,
  MailboxAnswer,
  NoticeAnswer,
} from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { encodeConsentStatement } from "../../../src/protocol/consent-statement.ts";
import { hashOfNotice } from "../../../src/protocol/notice.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { readStatement } from "../../../src/relay/consent/signed-statement.ts";
import { receiptKeySet } from "../../../src/relay/receipts/key-set.ts";
import { fetchRelay, ORIGIN, refusal, SigningDevice, senderRequest } from "../edge/signing-device.ts";

const MINUTE = 60_000;
const receiptOf = async (consentId: string) =>
  fetchRelay(new Request(ORIGIN + pathOf(ROUTES.receipt, { consentId })));
const count = async (table: string) =>
  (await env.RECORDS.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n;

afterEach(() => {
  vi.useRealTimers();
});

describe("the notice", () => {
  it("shows all that its hash covers, and only purposes that can be agreed to", async () => {
    const notice: NoticeAnswer = await (await fetchRelay(new Request(ORIGIN + ROUTES.notice))).json();
    expect(encodeBase64url(hashOfNotice(notice) ?? new Uint8Array())).toBe(notice.hash);
    expect(notice.purposes.map(({ purpose }) => purpose)).toEqual(["messaging", "number", "discovery"]);
    expect(notice.retention).toEqual({ maxTtlSeconds: 604_800, markGraceSeconds: 86_400 });
  });
});

describe("a grant", () => {
  it("opens the mailbox and is answered with a receipt, a delivery token and the limits", async () => {
    const device = new SigningDevice();
    expect(await refusal(device.read(ROUTES.mailbox))).toEqual([404, "no-consent"]);
    const granted = await device.optIn();
    expect(granted.limits).toEqual({
      maxTtlSeconds: 604_800,
      maxEnvelopeBytes: 65_536,
      maxMessages: 1000,
      maxBytes: 4 * 1024 * 1024,
    });
    const { payload } = await jwtVerify(granted.receipt, createLocalJWKSet(receiptKeySet(env)), {
      typ: "restante-consent+jwt",
    });
    expect(payload).toMatchObject({ record_id: granted.consentId, pii_principal_id: device.address });
    const status = (await (await device.read(ROUTES.mailbox)).json()) as MailboxAnswer;
    expect(status.messages).toBe(0);
    expect((await fetchRelay(senderRequest(device.address, granted.deliveryToken))).status).toBe(201);
  });

  it("is on record as it was signed", async () => {
    const device = new SigningDevice();
    expect(await refusal(device.read(ROUTES.currentConsent))).toEqual([404, "no-consent"]);
    const body = device.grantBody();
    const granted: ConsentGrantedAnswer = await (await device.grant(body)).json();
    const current: ConsentAnswer = await (await device.read(ROUTES.currentConsent)).json();
    expect(current).toMatchObject({
      ...body,
      consentId: granted.consentId,
      address: device.address,
      purposes: ["messaging"],
      jurisdiction: "",
      method: "test",
    });
  });

  it("sent again is answered with the same and changes nothing, also after its window", async () => {
    const device = new SigningDevice();
    const body = device.grantBody();
    const first = await device.grant(body);
    const granted = await first.json();
    const events = await count("consent_event");
    const again = await device.grant(body);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await again.json()).toEqual(granted);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * MINUTE });
    const late = await device.grant(body);
    expect(late.status).toBe(200);
    expect(await late.json()).toEqual(granted);
    expect(await count("consent_event")).toBe(events);
  });

  it("sent twice at once is one consent", async () => {
    const device = new SigningDevice();
    const request = device.request({ method: "POST", path: ROUTES.consents, json: device.grantBody() });
    const answers = await Promise.all([fetchRelay(request.clone()), fetchRelay(request)]);
    const bodies = await Promise.all(answers.map((answer) => answer.json<ConsentGrantedAnswer>()));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(bodies[0]).toEqual(bodies[1]);
  });

  it("by a new statement renews: same consent id, same token, a new receipt", async () => {
    const device = new SigningDevice();
    const first = await device.optIn();
    const renewal = await device.grant();
    const renewed: ConsentGrantedAnswer = await renewal.json();
    expect(renewal.status).toBe(201);
    expect(renewed.consentId).toBe(first.consentId);
    expect(renewed.deliveryToken).toBe(first.deliveryToken);
    expect(renewed.receipt).not.toBe(first.receipt);
    expect(await (await receiptOf(first.consentId)).json()).toEqual({ receipt: renewed.receipt });
  });

  it("that was renewed cannot be brought back by its old statement", async () => {
    const device = new SigningDevice();
    const old = device.grantBody();
    await device.grant(old);
    await device.grant();
    expect(await refusal(device.grant(old))).toEqual([409, "consent-used"]);
  });

  it("that was withdrawn cannot be replayed", async () => {
    const device = new SigningDevice();
    const body = device.grantBody();
    const { deliveryToken } = await (await device.grant(body)).json<ConsentGrantedAnswer>();
    expect((await device.withdraw()).status).toBe(200);
    expect(await refusal(device.grant(body))).toEqual([409, "consent-used"]);
    expect(await refusal(device.read(ROUTES.mailbox))).toEqual([404, "no-consent"]);
    const again = await device.optIn();
    expect(again.deliveryToken).not.toBe(deliveryToken);
    expect(await refusal(fetchRelay(senderRequest(device.address, deliveryToken)))).toEqual([
      401,
      "not-authorized",
    ]);
  });

  const odd: Record<string, [(device: SigningDevice) => unknown, number, string]> = {
    "for another device": [
      (device) => device.grantBody(new SigningDevice().statement()),
      400,
      "statement-invalid",
    ],
    "signed by another key": [
      (device) => new SigningDevice().grantBody(device.statement()),
      400,
      "statement-invalid",
    ],
    "whose statement was changed after signing": [
      (device) => ({
        ...device.grantBody(),
        statement: device.grantBody(device.statement({ method: "other" })).statement,
      }),
      400,
      "statement-invalid",
    ],
    "that is no consent statement": [
      (device) => device.grantBody(new Uint8Array(100)),
      400,
      "statement-invalid",
    ],
    "in a second spelling of base64url": [
      (device) => ({ ...device.grantBody(), statement: `${device.grantBody().statement}=` }),
      400,
      "statement-invalid",
    ],
    "without the purpose messaging": [
      (device) => device.grantBody(device.statement({ purposes: ["receipts"] })),
      400,
      "statement-invalid",
    ],
    "for a purpose that is not offered": [
      (device) => device.grantBody(device.statement({ purposes: ["messaging", "wake-up"] })),
      400,
      "statement-invalid",
    ],
    "that is too old": [
      (device) => device.grantBody(device.statement({ created: Date.now() - 11 * MINUTE })),
      400,
      "statement-expired",
    ],
    "from the future": [
      (device) => device.grantBody(device.statement({ created: Date.now() + 11 * MINUTE })),
      400,
      "statement-expired",
    ],
    "to another notice": [
      (device) => device.grantBody(device.statement({ noticeHash: new Uint8Array(32) })),
      409,
      "notice-superseded",
    ],
    "without a signature": [
      (device) => ({ statement: device.grantBody().statement }),
      400,
      "malformed-request",
    ],
    "that is a list": [() => [], 400, "malformed-request"],
  };

  it.each(Object.entries(odd))("%s is refused and leaves nothing", async (_, [body, status, code]) => {
    const device = new SigningDevice();
    const events = await count("consent_event");
    expect(await refusal(device.grant(body(device)))).toEqual([status, code]);
    expect(await count("consent_event")).toBe(events);
    expect(await refusal(device.read(ROUTES.currentConsent))).toEqual([404, "no-consent"]);
  });

  it("in a jurisdiction that the relay does not serve is refused", async () => {
    expect(await refusal(new SigningDevice("eu").grant())).toEqual([400, "jurisdiction-unavailable"]);
  });

  it("by a key with a small-order part is refused", async () => {
    const order2 = new Uint8Array(32).fill(0xff);
    order2[0] = 0xec;
    order2[31] = 0x7f;
    const device = new SigningDevice();
    const mixed = ed25519.Point.fromBytes(ed25519.getPublicKey(device.secretKey)).add(
      ed25519.Point.fromBytes(order2),
    );
    const address = formatAddress(mixed.toBytes());
    const signer = parseAddress(address);
    if (signer === undefined) throw new Error("not canonical");
    const statement = encodeConsentStatement({
      address,
      noticeHash: new Uint8Array(32),
      purposes: ["messaging"],
      jurisdiction: "",
      method: "test",
      created: 0,
      salt: new Uint8Array(16),
    });
    // A verifier that lets everything pass: the key itself must be the obstacle.
    const verdict = await readStatement(device.grantBody(statement), signer, ["messaging"], () => true);
    expect(verdict).toEqual({ ok: false, code: "malformed-address" });
  });
});

describe("the delivery token", () => {
  it("is the same for a repeated grant and another after rotation", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const rotated = await device.call({ method: "POST", path: ROUTES.deliveryToken });
    const answer = (await rotated.json()) as { deliveryToken: string };
    expect(rotated.status).toBe(200);
    expect(answer.deliveryToken).not.toBe(deliveryToken);
    expect(decodeBase64url(answer.deliveryToken)).toHaveLength(49);
    const deposit = (token: string) => fetchRelay(senderRequest(device.address, token));
    expect((await deposit(answer.deliveryToken)).status).toBe(201);
    expect(await refusal(deposit(deliveryToken))).toEqual([401, "not-authorized"]);
  });
});
