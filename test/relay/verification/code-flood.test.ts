import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { budgetSubject } from "../../../src/relay/budgets/spending.ts";
import { numberHash } from "../../../src/relay/numbers/hash.ts";
import { fetchRelay, refusal } from "../edge/signing-device.ts";
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

const agreed = () => NumberDevice.agreeing("messaging", "number");

function moveBy(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

describe("a flood of codes", () => {
  it("to one number ends after five a day, also from fresh keys and networks", async () => {
    const number = freshNumber();
    for (let i = 0; i < 4; i++) await (await agreed()).started(number);
    const fifth = await agreed();
    moveBy(7000);
    const full = await fifth.start(number);
    const wait = Number(full.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(500);
    // To the second, it would tell when somebody else's verification began.
    expect(wait % 60).toBe(0);
    expect(await refusal(full)).toEqual([429, "budget-spent"]);
    expect(terminal.lines).toHaveLength(4);
    moveBy(10 * MINUTE);
    await fifth.started(number);
    const sixth = await (await agreed()).start(number);
    expect(Number(sixth.headers.get("retry-after"))).toBeGreaterThan(3600);
    expect(await refusal(sixth)).toEqual([429, "budget-spent"]);
    expect(terminal.lines).toHaveLength(5);
  });

  it("from one network ends after ten a day, whatever the keys and numbers", async () => {
    const ip = `192.0.2.${Math.floor(Math.random() * 256)}`;
    const ask = async () => {
      const device = await agreed();
      const json = { number: freshNumber() };
      const request = device.request({ method: "POST", path: ROUTES.verifications, json });
      request.headers.set("cf-connecting-ip", ip);
      return fetchRelay(request);
    };
    for (let i = 0; i < 10; i++) expect((await ask()).status).toBe(201);
    expect(await refusal(ask())).toEqual([429, "budget-spent"]);
    expect(terminal.lines).toHaveLength(10);
  });

  it("that the budget refuses leaves the code before it good", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const code = terminal.code();
    const hash = await numberHash(env, readNumber(number));
    await env.RECORDS.prepare("UPDATE budget SET level = 0, counted_at = ? WHERE subject = ?")
      .bind(Date.now() + MINUTE, await budgetSubject(env, "codes to a number", hash))
      .run();
    moveBy(MINUTE);
    expect(await refusal(device.start(number))).toEqual([429, "budget-spent"]);
    await device.verified(id, number, code);
  });
});
