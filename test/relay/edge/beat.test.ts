import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { REFUSAL_BEAT } from "../../../src/protocol/limits.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { depositTogether } from "../../../src/relay/deposit-socket/together.ts";
import { untilBeat } from "../../../src/relay/edge/beat.ts";
import { mintDeliveryToken } from "../../../src/relay/secrets/delivery-token.ts";
import { CALLS } from "./sender-calls.ts";
import { envelope, fetchRelay, SigningDevice, senderRequest } from "./signing-device.ts";

/** What was waited for, ms. The platform's own `wait` may be called on its own object only, so it stays inside. */
const waited: number[] = [];
const platform = scheduler;

beforeEach(() => {
  waited.length = 0;
  vi.stubGlobal("scheduler", {
    wait: (ms: number) => {
      waited.push(ms);
      return platform.wait(ms);
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

async function ask(address: string, token: string, call = CALLS.deposit): Promise<number> {
  if (call === undefined) throw new Error("no such call");
  return (await fetchRelay(senderRequest(address, token, call(address)))).status;
}

async function rotated(): Promise<{ address: string; token: string }> {
  const device = new SigningDevice();
  const { deliveryToken } = await device.optIn();
  await device.call({ method: "POST", path: ROUTES.deliveryToken });
  return { address: device.address, token: deliveryToken };
}

const onTheBeat = [expect.toSatisfy((ms: number) => ms > 0 && ms <= REFUSAL_BEAT)];

describe("a refusal", () => {
  it("waits for the beat after the time that the mailbox took", () => {
    expect([0, 1, 99, 100, 250].map(untilBeat)).toEqual([100, 99, 1, 100, 50]);
  });

  it.each(["rotated", "withdrawn", "never opened"])(
    "leaves on the beat from a mailbox that is %s",
    async (kind) => {
      const device = new SigningDevice();
      const token =
        kind === "never opened"
          ? await mintDeliveryToken(env, device.address, crypto.getRandomValues(new Uint8Array(16)))
          : (await device.optIn()).deliveryToken;
      if (kind === "rotated") await device.call({ method: "POST", path: ROUTES.deliveryToken });
      if (kind === "withdrawn") await device.withdraw();
      expect(await ask(device.address, token)).toBe(401);
      expect(waited).toEqual(onTheBeat);
    },
  );

  it.each(Object.entries(CALLS))("leaves on the beat, whatever was asked: a %s", async (_, call) => {
    const { address, token } = await rotated();
    expect(await ask(address, token, call)).toBe(401);
    expect(waited).toEqual(onTheBeat);
  });

  it("leaves on the beat from a deposit socket, too", async () => {
    const { address, token } = await rotated();
    const device = new SigningDevice();
    const items = [{ number: 0, address, bearer: token, ttlSeconds: 60, envelope: envelope() }];
    const answers = await depositTogether(env, items, async () => undefined);
    expect(answers).toEqual([{ number: 0, result: { status: 401, code: "not-authorized" } }]);
    expect(waited).toEqual(onTheBeat);
    waited.length = 0;
    const { deliveryToken } = await device.optIn();
    const taken = items.map((item) => ({ ...item, address: device.address, bearer: deliveryToken }));
    expect(await depositTogether(env, taken, async () => undefined)).toMatchObject([
      { result: { state: "held" } },
    ]);
    expect(waited).toEqual([]);
  });

  it("of a forged token, which wakes no mailbox, leaves at once, and so does a valid token's answer", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    expect(await ask(device.address, "abc")).toBe(401);
    expect(await ask(device.address, deliveryToken)).toBe(201);
    expect(waited).toEqual([]);
  });
});
