import { describe, expect, it } from "vitest";
import { readMailboxes } from "../../src/local/storage.ts";
import type { DepositAnswer } from "../../src/protocol/answers.ts";
import { pair, readAll } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

const WEEK = 7 * 24 * 60 * 60;

describe("promise 4: held briefly", () => {
  const relay = useRelay();
  const messages = async () =>
    (await readMailboxes(relay().state)).flatMap(({ message = [], revocable_deposit = [] }) => [
      ...message,
      ...revocable_deposit.filter(({ body }) => body !== null),
    ]);

  it("grants the sender's TTL up to a week, and says how much", async () => {
    const device = await RawDevice.consenting(relay().origin);
    for (const [asked, granted] of [
      ["60", 60],
      [String(WEEK), WEEK],
      ["2147483647", WEEK],
    ] as const) {
      const before = Date.now();
      const response = await deposit(device, anyEnvelope(), { ttl: asked });
      expect(response.status).toBe(201);
      expect(response.headers.get("ttl")).toBe(String(granted));
      const { state, heldUntil = 0 } = (await response.json()) as DepositAnswer;
      expect(state).toBe("held");
      expect(heldUntil).toBeGreaterThanOrEqual(before + granted * 1000);
      expect(heldUntil).toBeLessThan(Date.now() + granted * 1000 + 1000);
    }
    await device.signed("DELETE", "/v1/consents/current");
  });

  it("erases what is due by alarm, with nobody asking: the row is gone from the file", async () => {
    const device = await RawDevice.consenting(relay().origin);
    await deposit(device, anyEnvelope(), { ttl: "1" });
    await deposit(device, anyEnvelope(), { ttl: "1", key: "A".repeat(22) });
    expect(await messages()).toHaveLength(2);
    await eventually(async () => (await messages()).length === 0);
    await device.signed("DELETE", "/v1/consents/current");
  });

  it("never hands over what is due, and texts after the gap still open", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "first");
    await ann.send(bo.address, "too late", { ttlSeconds: 1 });
    await ann.send(bo.address, "last");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["first", "last"]);
  });

  it("with TTL 0 holds nothing: the device has it now, or nobody does", async () => {
    const device = await RawDevice.consenting(relay().origin);
    await eventually(async () => (await messages()).length === 0); // what was due before lies there a moment longer
    const offline = await deposit(device, anyEnvelope(), { ttl: "0" });
    expect(((await offline.json()) as DepositAnswer).state).toBe("expired");
    const socket = await device.connect();
    await socket.next();
    const silent = await deposit(device, anyEnvelope(), { ttl: "0" });
    expect(((await silent.json()) as DepositAnswer).state).toBe("undecided");
    expect(await messages()).toHaveLength(0);
    socket.close();
  });
});
