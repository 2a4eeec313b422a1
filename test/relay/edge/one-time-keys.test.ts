import { describe, expect, it } from "vitest";
import type { MailboxAnswer } from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { KEY_SERVED, MAX_CLAIMS_A_DAY, SIGNATURE_WINDOW_SECONDS } from "../../../src/protocol/limits.ts";
import { keyId, type OneTimeKeyJson } from "../../../src/protocol/one-time-key.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { fetchRelay, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));

function newKey(change: Partial<OneTimeKeyJson> = {}): { json: OneTimeKeyJson; id: string } {
  const publicKey = random(1216);
  const json = {
    publicKey: encodeBase64url(publicKey),
    lastResort: false,
    expires: Date.now() + KEY_SERVED,
    signature: encodeBase64url(random(64)),
    ...change,
  };
  return { json, id: encodeBase64url(keyId(publicKey)) };
}

const publish = (device: SigningDevice, ...keys: { json: OneTimeKeyJson }[]) =>
  device.call({
    method: "PUT",
    path: ROUTES.oneTimeKeys,
    json: { keys: keys.map(({ json }) => json) },
  });

describe("a pool of one-time keys", () => {
  it("is answered with the keys of the one before that nobody claimed", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const first = [newKey(), newKey(), newKey({ lastResort: true })];
    expect(await (await publish(device, ...first)).json()).toEqual({ unclaimed: [] });
    const path = pathOf(ROUTES.keyClaims, { address: device.address });
    const claimed = await fetchRelay(senderRequest(device.address, deliveryToken, { path, body: null }));
    const { publicKey }: OneTimeKeyJson = await claimed.json();
    const left = first.filter(({ json }) => json.publicKey !== publicKey && !json.lastResort);
    const answer = await publish(device, newKey());
    expect([answer.status, await answer.json()]).toEqual([200, { unclaimed: left.map(({ id }) => id) }]);
  });

  it("may last as long as keys are served, by a clock as wrong as a signature's may be", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const lasting = (ms: number) => publish(device, newKey({ expires: Date.now() + ms }));
    const longest = KEY_SERVED + SIGNATURE_WINDOW_SECONDS * 1000;
    expect((await lasting(longest)).status).toBe(200);
    for (const ms of [longest + 5000, 100 * KEY_SERVED, Number.MAX_SAFE_INTEGER - Date.now() - 1e6])
      expect(await refusal(lasting(ms))).toEqual([400, "malformed-request"]);
  });

  it("holds each key once", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const key = newKey();
    expect(await refusal(publish(device, key, key))).toEqual([400, "malformed-request"]);
  });
});

describe("claims beyond a day's limit", () => {
  it("get a problem of their own, the same for all who may claim, and the owner sees why", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    await publish(device, newKey(), newKey({ lastResort: true }));
    const path = pathOf(ROUTES.keyClaims, { address: device.address });
    const claim = (token = deliveryToken) =>
      fetchRelay(senderRequest(device.address, token, { path, body: null }));
    for (let i = 0; i < MAX_CLAIMS_A_DAY; i++) expect((await claim()).status).toBe(200);

    const refused = await claim();
    expect(refused.headers.get("retry-after")).toBe("3600");
    const body = await refused.clone().text();
    expect(await refusal(refused)).toEqual([429, "claim-limit"]);
    // Whether keys are left is not told either.
    await publish(device);
    expect(await (await claim()).text()).toBe(body);
    expect(await refusal(claim(`${deliveryToken.slice(0, 60)}AAAAAA`))).toEqual([401, "not-authorized"]);

    const { claims }: MailboxAnswer = await (await device.read(ROUTES.mailbox)).json();
    expect(claims).toEqual({
      today: MAX_CLAIMS_A_DAY,
      limit: MAX_CLAIMS_A_DAY,
      reachedAt: expect.closeTo(Date.now(), -5),
    });
  });
});
