import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DepositAnswer, MailboxAnswer } from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { parseIntroduction } from "../../../src/protocol/introduction.ts";
import {
  INTRODUCTIONS_PER_NUMBER,
  KEY_SERVED,
  MAX_INTRODUCTIONS_A_CALL,
  MAX_PERMIT_ENVELOPES,
  MAX_PERMITS,
} from "../../../src/protocol/limits.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import {
  agreed,
  agreeTo,
  ask,
  element,
  introduce,
  minted,
  otherKey,
  random,
  today,
  two,
  verified,
} from "./introducing.ts";
import { envelope, fetchRelay, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

const newKey = () => encodeBase64url(random(16));

const deposit = (to: string, token: string, headers: Record<string, string> = {}) =>
  fetchRelay(senderRequest(to, token, { headers }));

const call = (to: string, token: string, method: string, depositKey: string) =>
  fetchRelay(
    senderRequest(to, token, {
      method,
      path: pathOf(ROUTES.revocableDeposit, { address: to, key: depositKey }),
      ...(method === "PUT" ? {} : { body: null }),
    }),
  );

const claim = (to: string, token: string) =>
  fetchRelay(senderRequest(to, token, { path: pathOf(ROUTES.keyClaims, { address: to }), body: null }));

const publish = (device: SigningDevice, count: number) =>
  device.call({
    method: "PUT",
    path: ROUTES.oneTimeKeys,
    json: {
      keys: Array.from({ length: count }, () => ({
        publicKey: encodeBase64url(random(1216)),
        lastResort: false,
        expires: Date.now() + KEY_SERVED,
        signature: encodeBase64url(random(64)),
      })),
    },
  });

async function statusOf(device: SigningDevice): Promise<MailboxAnswer> {
  return (await device.read(ROUTES.mailbox)).json();
}

describe("an introduction made by the relay", () => {
  it("lets its holder begin: one key, and envelopes that are held", async () => {
    const { stranger, found } = await two();
    await publish(found, 2);
    const token = await introduce(stranger, found.address);
    expect((await claim(found.address, token)).status).toBe(200);
    const answer = await deposit(found.address, token);
    expect([answer.status, answer.headers.get("ttl")]).toEqual([201, "60"]);
    expect(((await answer.json()) as DepositAnswer).state).toBe("held");
    expect(await statusOf(found)).toMatchObject({ messages: 1, oneTimeKeys: 1 });
  });

  it("is good for all that a sender does, and proves a revocation", async () => {
    const { stranger, found } = await two();
    const [token, depositKey] = [await introduce(stranger, found.address), newKey()];
    expect(await refusal(call(found.address, token, "GET", depositKey))).toEqual([404, "no-deposit"]);
    const held: DepositAnswer = await (await call(found.address, token, "PUT", depositKey)).json();
    expect(held.state).toBe("held");
    expect(await (await call(found.address, token, "GET", depositKey)).json()).toEqual(held);
    const revoked = await call(found.address, token, "DELETE", depositKey);
    expect(await revoked.json()).toMatchObject({ state: "revoked", proof: expect.stringMatching(/^ey/) });
    expect((await deposit(found.address, token, { ttl: "0" })).status).toBe(201);
  });

  it("doubled is the same permit: the same key, and not twenty envelopes more", async () => {
    const { stranger, found } = await two();
    await publish(found, 3);
    const nonce = random(16);
    const [one, again] = [
      await introduce(stranger, found.address, { nonce }),
      await introduce(stranger, found.address, { nonce }),
    ];
    expect(again).toBe(one);
    const keys = [await claim(found.address, one), await claim(found.address, again)];
    const [first, second] = await Promise.all(keys.map((answer) => answer.json()));
    expect(second).toEqual(first);
    for (let i = 0; i < MAX_PERMIT_ENVELOPES; i++)
      expect((await deposit(found.address, i % 2 ? one : again)).status).toBe(201);
    for (const token of [one, again])
      expect(await refusal(deposit(found.address, token))).toEqual([429, "mailbox-full"]);
    expect(await statusOf(found)).toMatchObject({ messages: MAX_PERMIT_ENVELOPES, oneTimeKeys: 2 });
  });

  it("ends with the delivery token's rotation", async () => {
    const { stranger, found } = await two();
    const token = await introduce(stranger, found.address);
    expect((await deposit(found.address, token)).status).toBe(201);
    await found.call({ method: "POST", path: ROUTES.deliveryToken });
    expect(await refusal(deposit(found.address, token))).toEqual([401, "not-authorized"]);
  });

  it("opens nothing once its recipient is not to be found any more", async () => {
    const { stranger, found } = await two();
    const [used, unused] = [
      await introduce(stranger, found.address),
      await introduce(stranger, found.address),
    ];
    expect((await deposit(found.address, used)).status).toBe(201);
    await agreeTo(found);
    expect(await refusal(deposit(found.address, unused))).toEqual([401, "not-authorized"]);
    expect((await deposit(found.address, used)).status).toBe(201);
    await agreeTo(found, "discovery");
    expect((await deposit(found.address, unused)).status).toBe(201);
  });
});

describe("whatever is wrong with an introduction", () => {
  const changed = (token: string, at: number) => {
    const octets = decodeBase64url(token) ?? new Uint8Array(0);
    octets[at] = (octets[at] ?? 0) ^ 1;
    return encodeBase64url(octets);
  };

  /** Forged or foreign: for all of them the edge is enough. */
  function refusedAtTheEdge(address: string): Record<string, string> {
    const good = minted(address);
    return {
      "a random output": changed(good, 88),
      "another nonce": changed(good, 1),
      "another day than it was made for": changed(good, 24),
      "one octet less": good.slice(0, -2),
      "another relay's key": minted(address, { under: otherKey() }),
      "a key that the relay does not have": minted(address, { version: 2 }),
      "another mailbox": minted(new SigningDevice().address),
      "tomorrow's": minted(address, { day: today() + 1 }),
      "of a day after which no permit lives": minted(address, { day: today() - 10 }),
      "of the first day": minted(address, { day: 0 }),
    };
  }

  const CALLS: Record<string, (address: string) => Parameters<typeof senderRequest>[2]> = {
    deposit: () => ({}),
    "deposit with TTL 0": () => ({ headers: { ttl: "0" } }),
    "revocable deposit": (address) => ({
      method: "PUT",
      path: pathOf(ROUTES.revocableDeposit, { address, key: newKey() }),
    }),
    "state of a deposit": (address) => ({
      method: "GET",
      path: pathOf(ROUTES.revocableDeposit, { address, key: newKey() }),
    }),
    revocation: (address) => ({
      method: "DELETE",
      path: pathOf(ROUTES.revocableDeposit, { address, key: newKey() }),
      body: null,
    }),
    "key claim": (address) => ({ path: pathOf(ROUTES.keyClaims, { address }), body: null }),
  };

  it.each(Object.entries(CALLS))("a %s gets one answer, to the byte", async (_, request) => {
    const found = await agreed("discovery");
    const [shy, gone, stranger] = [await agreed("number"), await agreed("discovery"), new SigningDevice()];
    await gone.withdraw();
    const cases: Record<string, [address: string, token: string | null]> = {
      "no token": [found.address, null],
      "a mailbox that is not to be found": [shy.address, minted(shy.address)],
      "a mailbox that was withdrawn": [gone.address, minted(gone.address)],
      "no mailbox ever": [stranger.address, minted(stranger.address)],
      "a jurisdiction that is not served": [`${stranger.address}.eu`, minted(`${stranger.address}.eu`)],
      "two days old and never used": [found.address, minted(found.address, { day: today() - 2 })],
      "nine days old and never used": [found.address, minted(found.address, { day: today() - 9 })],
    };
    for (const [name, token] of Object.entries(refusedAtTheEdge(found.address)))
      cases[name] = [found.address, token];
    const answers = new Map<string, string>();
    for (const [name, [address, token]] of Object.entries(cases)) {
      const answer = await fetchRelay(senderRequest(address, token, request(address)));
      answers.set(JSON.stringify([answer.status, [...answer.headers], await answer.text()]), name);
    }
    expect([...answers.values()]).toHaveLength(1);
    expect(JSON.parse([...answers.keys()][0] ?? "[]")[0]).toBe(401);
    expect(await statusOf(found)).toMatchObject({ messages: 0, claims: { today: 0 } });
  });

  it("wakes no mailbox when it is forged or foreign", async () => {
    const { address } = new SigningDevice();
    const before = await listDurableObjectIds(env.MAILBOX);
    for (const token of Object.values(refusedAtTheEdge(address)))
      for (const request of Object.values(CALLS))
        await fetchRelay(senderRequest(address, token, request(address)));
    expect(await listDurableObjectIds(env.MAILBOX)).toHaveLength(before.length);
    await fetchRelay(senderRequest(address, minted(address)));
    expect(await listDurableObjectIds(env.MAILBOX), "a genuine one is the mailbox's to judge").toHaveLength(
      before.length + 1,
    );
  });

  it("spends nothing: for its own mailbox and day it is as good as before", async () => {
    const { stranger, found } = await two();
    const other = await agreed("discovery");
    const token = await introduce(stranger, found.address);
    expect(await refusal(deposit(other.address, token))).toEqual([401, "not-authorized"]);
    expect(await refusal(deposit(found.address, changed(token, 24)))).toEqual([401, "not-authorized"]);
    expect((await deposit(found.address, token)).status).toBe(201);
  });

  it("is of yesterday, it opens a permit all the same", async () => {
    const found = await agreed("discovery");
    expect((await deposit(found.address, minted(found.address, { day: today() - 1 }))).status).toBe(201);
  });
});

describe("a flood of introductions", () => {
  it("ends at the number's budget, with however many fresh keys", async () => {
    const numberHash = crypto.randomUUID();
    let granted = 0;
    for (let keys = 0; keys < 8; keys++) {
      const fresh = await agreed("number");
      await verified(fresh, numberHash);
      const answer = await ask(fresh, Array.from({ length: MAX_INTRODUCTIONS_A_CALL }, element));
      if (answer.status === 200) granted += MAX_INTRODUCTIONS_A_CALL;
      else {
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(await refusal(answer)).toEqual([429, "budget-spent"]);
      }
      await fresh.withdraw();
    }
    expect(granted).toBeLessThanOrEqual(INTRODUCTIONS_PER_NUMBER.capacity);
    expect(granted).toBeGreaterThan(INTRODUCTIONS_PER_NUMBER.capacity - MAX_INTRODUCTIONS_A_CALL);
  });

  it("ends at the mailbox's caps, and friends still get in", async () => {
    const found = await agreed("discovery");
    const flood = Array.from({ length: MAX_PERMITS + 6 }, () => minted(found.address));
    const statuses: number[] = [];
    for (const token of flood) statuses.push((await deposit(found.address, token)).status);
    expect(statuses).toEqual([...Array(MAX_PERMITS).fill(201), ...Array(6).fill(429)]);
    expect((await deposit(found.address, found.deliveryToken)).status).toBe(201);
    expect((await deposit(found.address, flood[0] ?? "")).status).toBe(201);
    const largest = await fetchRelay(
      senderRequest(found.address, found.deliveryToken, { body: envelope(65_536) }),
    );
    expect(largest.status).toBe(201);
  });

  it("is held to a rate of its own by the nonce, which no friend shares", async () => {
    const found = await agreed("discovery");
    const keys: string[] = [];
    const limited = {
      ...env,
      MAILBOX_RATE: {
        limit: async ({ key: name }: { key: string }) => ({ success: keys.push(name) < 3 }),
      },
    };
    const token = minted(found.address);
    const send = async (by: string) => (await app.fetch(senderRequest(found.address, by), limited)).status;
    expect([await send(token), await send(token), await send(token)]).toEqual([201, 201, 429]);
    await send(minted(found.address));
    await send(found.deliveryToken);
    expect(new Set(keys).size).toBe(3);
    expect(keys.join()).not.toContain(encodeBase64url(parseIntroduction(token)?.nonce ?? random(1)));
  });
});
