import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DeliveryTokenAnswer } from "../../../src/protocol/answers.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import { ORIGIN, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

/** A limiter as the platform's, with a small limit and its counters in sight. */
function limiter(limit: number) {
  const counts = new Map<string, number>();
  return {
    counts,
    binding: {
      limit: async ({ key }: { key: string }) => {
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return { success: (counts.get(key) ?? 0) <= limit };
      },
    },
  };
}

const health = (ip: string) => new Request(ORIGIN + ROUTES.health, { headers: { "cf-connecting-ip": ip } });

describe("the rate limit", () => {
  it("of the platform holds a client to its share, and other clients to theirs", async () => {
    const statuses = new Map<number, number>();
    for (let i = 0; i < 1300; i++) {
      const { status } = await app.fetch(health("192.0.2.1"), env);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    // A minute may begin between two requests; the limit is 1,200 in each.
    expect(statuses.get(429) ?? 0).toBeGreaterThan(0);
    expect((await app.fetch(health("192.0.2.2"), env)).status).toBe(200);
  });

  it("of a client comes before everything else and says when to try again", async () => {
    const { binding } = limiter(0);
    const spent = { ...env, CLIENT_RATE: binding };
    for (const path of [ROUTES.health, ROUTES.held, "/nowhere"]) {
      const answer = await app.fetch(new Request(ORIGIN + path), spent);
      expect(answer.headers.get("retry-after")).toBe("60");
      expect(await refusal(answer)).toEqual([429, "rate-limited"]);
    }
  });

  it("of a mailbox counts only senders whose token has been proven", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const { binding, counts } = limiter(1);
    const limited = { ...env, MAILBOX_RATE: binding };
    const forged = `${deliveryToken.slice(0, 60)}AAAAAA`;
    for (let i = 0; i < 3; i++)
      expect((await app.fetch(senderRequest(device.address, forged), limited)).status).toBe(401);
    expect(counts.size).toBe(0);
    expect((await app.fetch(senderRequest(device.address, deliveryToken), limited)).status).toBe(201);
    const second = await app.fetch(senderRequest(device.address, deliveryToken), limited);
    expect(await refusal(second)).toEqual([429, "rate-limited"]);
  });

  it("of a mailbox is not spent by whoever has a token from before it was rotated, nor told to them", async () => {
    const device = new SigningDevice();
    const { deliveryToken: rotated } = await device.optIn();
    const answer = await device.call({ method: "POST", path: ROUTES.deliveryToken });
    const { deliveryToken }: DeliveryTokenAnswer = await answer.json();
    const limited = { ...env, MAILBOX_RATE: limiter(2).binding };
    const send = async (token: string) =>
      (await app.fetch(senderRequest(device.address, token), limited)).status;
    expect([await send(rotated), await send(rotated), await send(rotated)]).toEqual([401, 401, 429]);
    expect([await send(deliveryToken), await send(deliveryToken)]).toEqual([201, 201]);

    const other = { ...env, MAILBOX_RATE: limiter(2).binding };
    for (let i = 0; i < 3; i++) await app.fetch(senderRequest(device.address, deliveryToken), other);
    expect((await app.fetch(senderRequest(device.address, rotated), other)).status).toBe(401);
  });

  it("keeps neither an internet address nor a mailbox's", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const [client, mailbox] = [limiter(9), limiter(9)];
    const watched = { ...env, CLIENT_RATE: client.binding, MAILBOX_RATE: mailbox.binding };
    const request = senderRequest(device.address, deliveryToken);
    const ip = request.headers.get("cf-connecting-ip") ?? "";
    await app.fetch(request, watched);
    const keys = [...client.counts.keys(), ...mailbox.counts.keys()];
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(key).not.toContain(ip);
      expect(key).not.toBe(device.address);
    }
  });
});
