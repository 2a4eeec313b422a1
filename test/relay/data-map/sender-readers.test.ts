import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { parseDeliveryToken } from "../../../src/protocol/delivery-token.ts";
import { KEY_SERVED } from "../../../src/protocol/limits.ts";
import { keyId } from "../../../src/protocol/one-time-key.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { agreed, agreeTo, introduce, random, two } from "../edge/introducing.ts";
import { fetchRelay, refusal, type SigningDevice, senderRequest } from "../edge/signing-device.ts";
import { claimsOf, expectReaders, expectStored, mailbox, type Told } from "./told.ts";

/** Two keys, and one of last resort. */
async function publish(device: SigningDevice) {
  const keys = [false, false, true].map((lastResort, i) => ({
    publicKey: encodeBase64url(random(1216)),
    lastResort,
    expires: Date.now() + KEY_SERVED - i,
    signature: encodeBase64url(random(64)),
  }));
  expect((await device.call({ method: "PUT", path: ROUTES.oneTimeKeys, json: { keys } })).status).toBe(200);
}

interface ClaimedKey {
  readonly publicKey: string;
  readonly lastResort: boolean;
  readonly expires: number;
  readonly signature: string;
}

async function claim(to: string, token: string): Promise<ClaimedKey> {
  const path = pathOf(ROUTES.keyClaims, { address: to });
  return (await fetchRelay(senderRequest(to, token, { path, body: null }))).json();
}

/** What a claimed key is in the table that it came from. The names are all that the answer has. */
function keyRow({ publicKey, lastResort, expires, signature, ...more }: ClaimedKey) {
  expect(more).toEqual({});
  return { public_key: publicKey, last_resort: Number(lastResort), expires_at: expires, signature };
}

describe("whoever deposits", () => {
  it("is told what the map says: until when it is held, and how a text that can be taken back ended", async () => {
    const device = await agreed();
    const { address, deliveryToken: token } = device;
    const path = (key: string) => ({ path: pathOf(ROUTES.revocableDeposit, { address, key }) });
    const call = async (change: Parameters<typeof senderRequest>[2] = {}) => {
      const answer = await fetchRelay(senderRequest(address, token, change));
      return answer.json<{ state: string; heldUntil?: number; proof?: string }>();
    };
    const [kept, taken] = [encodeBase64url(random(16)), encodeBase64url(random(16))];
    const message = await call();
    const held = await call({ method: "PUT", ...path(kept) });
    await call({ method: "PUT", ...path(taken) });
    const revoked = await call({ method: "DELETE", body: null, ...path(taken) });
    expect([message, held, revoked].map((answer) => Object.keys(answer))).toEqual([
      ["state", "heldUntil"],
      ["state", "heldUntil"],
      ["state", "proof"],
    ]);
    const { iat, ...proof } = claimsOf(revoked.proof ?? "");
    expect(proof).toEqual({ address, deposit: taken, state: "revoked" });

    const stored = await mailbox(address, "message", "revocable_deposit");
    expectStored(stored, {
      message: [{ expires_at: message.heldUntil }],
      revocable_deposit: [
        { key: kept, state: held.state, expires_at: held.heldUntil, ended_at: null },
        { key: taken, state: revoked.state },
      ],
    });
    expect(Math.floor(Number(stored.revocable_deposit?.[1]?.ended_at) / 1000)).toBe(iat);
    expectReaders(/whoever deposited it/, {
      message: [{ expires_at: message.heldUntil }],
      revocable_deposit: [{ key: kept, state: held.state, expires_at: held.heldUntil, ended_at: iat }],
    });
  });

  it("has a token that says the mailbox's epoch, as the card does that it is from", async () => {
    const { address, deliveryToken } = await agreed();
    const epoch = encodeBase64url(parseDeliveryToken(deliveryToken)?.epoch ?? new Uint8Array());
    const told = { mailbox: [{ address, epoch }] };
    expectStored(await mailbox(address, "mailbox"), told);
    expectReaders(/whoever has your card/, told);
  });

  it("is given one of the keys, whole", async () => {
    const device = await agreed();
    await publish(device);
    const stored = (await mailbox(device.address, "one_time_key")).one_time_key ?? [];
    const claimed = keyRow(await claim(device.address, device.deliveryToken));
    const id = encodeBase64url(keyId(decodeBase64url(claimed.public_key) ?? new Uint8Array()));
    const one_time_key = [{ id, ...claimed }];
    expectStored({ one_time_key: stored.filter((row) => row.id === id) }, { one_time_key });
    expectReaders(/one contact or introduced stranger each/, { one_time_key });
  });
});

describe("a stranger", () => {
  it("holds a permit of their own making, and is given one key under it again and again", async () => {
    const { stranger, found } = await two();
    await publish(found);
    const nonce = random(16);
    const token = await introduce(stranger, found.address, { nonce });
    const key = keyRow(await claim(found.address, token));
    expect(keyRow(await claim(found.address, token))).toEqual(key);
    const told: Told = {
      permit: [
        {
          id: encodeBase64url(nonce),
          ...{ key_public: key.public_key, key_last_resort: key.last_resort },
          ...{ key_expires_at: key.expires_at, key_signature: key.signature },
        },
      ],
    };
    expectStored(await mailbox(found.address, "permit"), told);
    expectReaders(/whoever holds the permit/, told);
    await found.call({ method: "POST", path: ROUTES.deliveryToken });
    expect((await mailbox(found.address, "permit")).permit).toMatchObject([
      { ended: 1, key_public: null, key_last_resort: null, key_expires_at: null, key_signature: null },
    ]);
  });

  it("finds out by an introduction whether the mailbox takes any", async () => {
    const { stranger, found } = await two();
    const deposit = async () =>
      fetchRelay(senderRequest(found.address, await introduce(stranger, found.address)));
    expect((await deposit()).status).toBe(201);
    await agreeTo(found);
    expect(await refusal(deposit())).toEqual([401, "not-authorized"]);
    expectReaders(/whoever has made an introduction to your address/, { mailbox: [{ introductions: 0 }] });
  });
});
