import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { REFUSAL_BEAT } from "../../../src/protocol/limits.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { untilBeat } from "../../../src/relay/edge/beat.ts";
import { mintDeliveryToken } from "../../../src/relay/secrets/delivery-token.ts";
import { fetchRelay, SigningDevice, senderRequest } from "./signing-device.ts";

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

async function ask(address: string, token: string): Promise<number> {
  const call = { method: "POST", path: pathOf(ROUTES.deposits, { address }) };
  return (await fetchRelay(senderRequest(address, token, call))).status;
}

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
      expect(waited).toEqual([expect.toSatisfy((ms) => ms > 0 && ms <= REFUSAL_BEAT)]);
    },
  );

  it("of a forged token, which wakes no mailbox, leaves at once, and so does a valid token's answer", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    expect(await ask(device.address, "abc")).toBe(401);
    expect(await ask(device.address, deliveryToken)).toBe(201);
    expect(waited).toEqual([]);
  });
});
