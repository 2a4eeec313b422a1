import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { DepositAnswer, RevokedAnswer } from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import type { OneTimeKeyJson } from "../../../src/protocol/one-time-key.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { receiptKeySet } from "../../../src/relay/receipts/key-set.ts";
import { mintDeliveryToken } from "../../../src/relay/secrets/delivery-token.ts";
import { CALLS } from "./sender-calls.ts";
import { envelope, fetchRelay, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

const newKey = () => encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
/** Right in all but its MAC: root version 1, as in these tests, and an epoch. */
const forged = () => encodeBase64url(Uint8Array.of(1, ...random(48)));

async function withoutMailbox(): Promise<Record<string, [address: string, token: string | null]>> {
  const [withdrawn, rotated, open] = [new SigningDevice(), new SigningDevice(), new SigningDevice()];
  const before = await withdrawn.optIn();
  await withdrawn.withdraw();
  const old = await rotated.optIn();
  await rotated.call({ method: "POST", path: ROUTES.deliveryToken });
  const { deliveryToken } = await open.optIn();
  const stranger = new SigningDevice().address;
  return {
    "no token": [open.address, null],
    "a token that is none": [open.address, "abc"],
    "a forged token": [open.address, forged()],
    "a token of an unknown root": [open.address, encodeBase64url(Uint8Array.of(9, ...random(48)))],
    "another mailbox's token": [withdrawn.address, deliveryToken],
    "a rotated token": [rotated.address, old.deliveryToken],
    "a token from before the withdrawal": [withdrawn.address, before.deliveryToken],
    "an address that never existed": [stranger, forged()],
    "an address that never existed, and a MAC that is right": [
      stranger,
      await mintDeliveryToken(env, stranger, random(16)),
    ],
    "a jurisdiction that is not served": [
      `${stranger}.eu`,
      await mintDeliveryToken(env, `${stranger}.eu`, random(16)),
    ],
  };
}

describe("whoever has no valid token", () => {
  it.each(Object.entries(CALLS))("gets one answer, to the byte, for a %s", async (_, call) => {
    const answers = new Map<string, string>();
    for (const [name, [address, token]] of Object.entries(await withoutMailbox())) {
      const answer = await fetchRelay(senderRequest(address, token, call(address)));
      const whole = JSON.stringify([answer.status, [...answer.headers], await answer.text()]);
      answers.set(whole, name);
    }
    expect([...answers.keys()]).toHaveLength(1);
    const [status, headers, body] = JSON.parse([...answers.keys()][0] ?? "[]");
    expect(status).toBe(401);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "www-authenticate": "Bearer",
      "x-content-type-options": "nosniff",
    });
    expect(JSON.parse(body)).toMatchObject({ code: "not-authorized", status: 401 });
  });

  it.each(Object.entries(CALLS))("wakes no mailbox by a forged token for a %s", async (_, call) => {
    const { address } = new SigningDevice();
    const before = await listDurableObjectIds(env.MAILBOX);
    for (const token of [null, "abc", forged()])
      await fetchRelay(senderRequest(address, token, call(address)));
    expect(await listDurableObjectIds(env.MAILBOX)).toHaveLength(before.length);
  });
});

describe("a sender with a token", () => {
  it("deposits, and is told state, end and the TTL that was granted", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const start = Date.now();
    const deposit = (ttl: string) =>
      fetchRelay(senderRequest(device.address, deliveryToken, { headers: { ttl } }));
    const answer = await deposit("60");
    expect([answer.status, answer.headers.get("ttl")]).toEqual([201, "60"]);
    const { state, heldUntil = 0 }: DepositAnswer = await answer.json();
    expect(state).toBe("held");
    expect(heldUntil).toBeGreaterThanOrEqual(start + 60_000);
    expect(heldUntil).toBeLessThanOrEqual(Date.now() + 60_000);
    expect((await deposit("2147483647")).headers.get("ttl")).toBe("604800");
  });

  it("deposits revocably: the same again is the same, and revoked it stays", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const path = pathOf(ROUTES.revocableDeposit, { address: device.address, key: newKey() });
    const body = envelope();
    const call = (method: string) =>
      fetchRelay(
        senderRequest(device.address, deliveryToken, {
          path,
          method,
          body: method === "PUT" ? body : null,
        }),
      );
    expect(await refusal(call("GET"))).toEqual([404, "no-deposit"]);
    const put = await call("PUT");
    const held: DepositAnswer = await put.json();
    expect([put.status, held.state]).toEqual([201, "held"]);
    const again = await call("PUT");
    expect([again.status, await again.json()]).toEqual([201, held]);
    expect(await (await call("GET")).json()).toEqual(held);
    const revoked: RevokedAnswer = await (await call("DELETE")).json();
    expect(await (await call("DELETE")).json()).toEqual(revoked);
    expect(await (await call("PUT")).json()).toEqual({ state: "revoked" });
    const { payload } = await jwtVerify(revoked.proof, createLocalJWKSet(receiptKeySet(env)), {
      typ: "restante-revocation+jwt",
    });
    expect(payload).toMatchObject({ address: device.address, state: "revoked" });
  });

  it("claims a key once", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const claim = () =>
      fetchRelay(senderRequest(device.address, deliveryToken, CALLS["key claim"]?.(device.address) ?? {}));
    expect(await refusal(claim())).toEqual([404, "no-one-time-key"]);
    const key: OneTimeKeyJson = {
      publicKey: encodeBase64url(random(1216)),
      lastResort: false,
      expires: Date.now() + 86_400_000,
      signature: encodeBase64url(random(64)),
    };
    const put = await device.call({ method: "PUT", path: ROUTES.oneTimeKeys, json: { keys: [key] } });
    expect(put.status).toBe(200);
    expect(await (await claim()).json()).toEqual(key);
    expect(await refusal(claim())).toEqual([404, "no-one-time-key"]);
  });

  const bad: Record<string, [Parameters<typeof senderRequest>[2], number, string]> = {
    "no TTL": [{ headers: { ttl: "" } }, 400, "ttl-invalid"],
    "a negative TTL": [{ headers: { ttl: "-1" } }, 400, "ttl-invalid"],
    "a TTL in words": [{ headers: { ttl: "1 hour" } }, 400, "ttl-invalid"],
    "a TTL beyond 31 bits": [{ headers: { ttl: "2147483648" } }, 400, "ttl-invalid"],
    "an enormous TTL": [{ headers: { ttl: "9".repeat(400) } }, 400, "ttl-invalid"],
    "an empty body": [{ body: null }, 400, "not-sealed"],
    "another version": [{ body: new Uint8Array(2048) }, 400, "not-sealed"],
    "no padding": [{ body: envelope(2047) }, 400, "not-sealed"],
    "one octet too many": [{ body: envelope(65_537) }, 413, "too-large"],
    JSON: [{ headers: { "content-type": "application/json" } }, 415, "unsupported-media-type"],
    "octets with a parameter": [
      { headers: { "content-type": "application/octet-stream; x=1" } },
      415,
      "unsupported-media-type",
    ],
  };

  it.each(Object.entries(bad))(
    "and %s is refused, and nothing is held",
    async (_, [change, status, code]) => {
      const device = new SigningDevice();
      const { deliveryToken } = await device.optIn();
      for (const name of ["deposit", "revocable deposit"]) {
        const request = senderRequest(device.address, deliveryToken, {
          ...CALLS[name]?.(device.address),
          ...change,
        });
        expect(await refusal(fetchRelay(request)), name).toEqual([status, code]);
      }
      const box = await device.call({ method: "GET", path: ROUTES.mailbox, nonce: null });
      expect(await box.json()).toMatchObject({ messages: 0, bytes: 0 });
    },
  );

  it("and no TTL header at all is told so", async () => {
    const device = new SigningDevice();
    const request = senderRequest(device.address, (await device.optIn()).deliveryToken);
    request.headers.delete("ttl");
    expect(await refusal(fetchRelay(request))).toEqual([400, "ttl-missing"]);
  });

  it("and a malformed deposit key or address is told so", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    for (const key of ["x", "A".repeat(21), "A".repeat(23), `${"A".repeat(21)}B`]) {
      const path = pathOf(ROUTES.revocableDeposit, { address: device.address, key });
      for (const method of ["PUT", "GET", "DELETE"]) {
        const request = senderRequest(device.address, deliveryToken, { path, method });
        expect(await refusal(fetchRelay(request))).toEqual([400, "malformed-key"]);
      }
    }
    for (const address of ["x", device.address.slice(1), `${device.address}.EU`, `${device.address}=`])
      expect(await refusal(fetchRelay(senderRequest(address, deliveryToken)))).toEqual([
        400,
        "malformed-address",
      ]);
  });
});
