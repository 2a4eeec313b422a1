import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codeHash, newCode, objectName } from "../../../src/relay/verification/code.ts";
import type { OneTimeCode } from "../../../src/relay/verification/one-time-code.ts";
import { freshNumber, NumberDevice, readNumber, watchTerminal } from "./number-device.ts";

const MINUTE = 60_000;
let terminal: ReturnType<typeof watchTerminal>;
beforeEach(() => {
  terminal = watchTerminal();
});
afterEach(() => {
  terminal.restore();
  vi.useRealTimers();
});

async function objectOf(number: string) {
  const id = env.ONE_TIME_CODE.idFromName(await objectName(env, readNumber(number)));
  const stub = env.ONE_TIME_CODE.get(id) as unknown as DurableObjectStub<undefined>;
  const stored = () =>
    runInDurableObject(stub, async (_, { storage }) => Object.fromEntries(await storage.list()));
  const alarm = () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
  return { stub, stored, alarm };
}

describe("a one-time-code object", () => {
  it("stores keyed hashes: neither the number nor the code, nor what anybody could compute from them", async () => {
    const [device, number] = [await NumberDevice.agreeing("messaging", "number"), freshNumber()];
    await device.started(number);
    const { stored } = await objectOf(number);
    const text = JSON.stringify(await stored());
    expect(text).toContain(device.address);
    for (const trace of [number, number.slice(1), number.slice(3), terminal.code()])
      expect(text).not.toContain(trace);
  });

  it("whose alarm fails sets it again: the platform's own retries give up", async () => {
    const [device, number] = [await NumberDevice.agreeing("messaging", "number"), freshNumber()];
    const heard = vi.spyOn(console, "error").mockImplementation(() => {});
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { expires } = await device.started(number);
    const { stub, stored, alarm } = await objectOf(number);
    vi.setSystemTime(expires);
    await runInDurableObject(stub, async (object) => {
      const broken = vi
        .spyOn(object as unknown as OneTimeCode, "destroy")
        .mockRejectedValue(new Error("disk"));
      await (object as unknown as OneTimeCode).alarm();
      broken.mockRestore();
    });
    expect(await alarm()).toBe(expires + 30_000);
    vi.setSystemTime(expires + 30_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stored()).toEqual({});
    heard.mockRestore();
  });

  it("is erased by its alarm when the last verification is over, also as a live instance", async () => {
    const number = freshNumber();
    const [one, two] = [
      await NumberDevice.agreeing("messaging", "number"),
      await NumberDevice.agreeing("messaging", "number"),
    ];
    const { stub, stored, alarm } = await objectOf(number);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { expires } = await one.started(number);
    expect(await alarm()).toBe(expires);
    vi.setSystemTime(Date.now() + MINUTE);
    const later = await two.started(number);
    expect(await alarm()).toBe(expires);
    vi.setSystemTime(expires);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(JSON.stringify(await stored())).not.toContain(one.address);
    expect(await alarm()).toBe(later.expires);
    vi.setSystemTime(later.expires);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect([await stored(), await alarm()]).toEqual([{}, null]);
    // The instance is the same one still, and begins afresh.
    expect((await one.started(number)).expires).toBe(Date.now() + 10 * MINUTE);
    expect(JSON.stringify(await stored())).not.toContain(two.address);
  });

  it("that is asked for what it never had stores nothing", async () => {
    const [device, number] = [await NumberDevice.agreeing("messaging", "number"), freshNumber()];
    expect((await device.answer("A".repeat(22), number, "123456")).status).toBe(404);
    const { stored, alarm } = await objectOf(number);
    expect([await stored(), await alarm()]).toEqual([{}, null]);
  });
});

describe("a code", () => {
  it("is six digits, of all kinds", () => {
    const codes = Array.from({ length: 2000 }, newCode);
    expect(codes.every((code) => /^[0-9]{6}$/.test(code))).toBe(true);
    expect(new Set(codes).size).toBeGreaterThan(1900);
    expect(new Set(codes.map((code) => code[0])).size).toBe(10);
  });

  it("is hashed under the root secret and the verification", async () => {
    const hashes = [
      await codeHash(env, "a", "123456"),
      await codeHash(env, "b", "123456"),
      await codeHash(env, "a", "123457"),
      await codeHash({ ...env, ROOT_SECRET: `1:${"B".repeat(42)}A` } as Env, "a", "123456"),
    ];
    expect(new Set(hashes).size).toBe(4);
    expect(await codeHash(env, "a", "123456")).toBe(hashes[0]);
  });
});
