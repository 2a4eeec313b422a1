/** What each sender must do, told over real HTTP at both its ends. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { readRecords } from "../../../src/local/storage.ts";
import type { NoticeAnswer } from "../../../src/protocol/answers.ts";
import { searchFor } from "../number-traces.ts";
import { freshNumber, NumberedDevice, otherThan, refusal } from "../numbered.ts";
import { useRelay } from "../relay.ts";
import type { Trouble, Vendor } from "./vendor.ts";

/** Answers that are none, whatever the API. */
const TROUBLES: Record<string, (vendor: Vendor) => Trouble> = {
  "an error of its own": () => ({ status: 500 }),
  "a limit of its own": () => ({ status: 429, json: { code: 20429, status: 429 } }),
  "an end of the connection": () => "cut",
  "another place to go": (vendor) => ({ status: 307, headers: { location: `${vendor.origin}/elsewhere` } }),
};

export function itSendsCodes<Kind extends Vendor & { readonly vars: Record<string, string> }>(vendor: Kind) {
  beforeAll(() => vendor.start());
  afterAll(() => vendor.stop());
  const relay = useRelay(() => vendor.vars);
  const numbers: string[] = [];
  const fresh = () => {
    const number = freshNumber();
    numbers.push(number);
    return number;
  };
  const agreeing = () => NumberedDevice.agreeing(relay().origin);
  const budgets = async () => JSON.stringify(await spent(relay().state));

  it("is named beside the notice, before anybody agrees", async () => {
    const notice = (await (await fetch(`${relay().origin}/v1/notice`)).json()) as NoticeAnswer;
    expect(notice.numberVendors.map(({ name, country }) => `${name}, ${country}`).join("; ")).toBe(
      vendor.vars.SMS_VENDORS,
    );
  });

  it("has the code sent, and the right one verifies", async () => {
    const [device, number] = [await agreeing(), fresh()];
    const { id } = await device.started(number);
    expect(vendor.code(number)).toMatch(/^[0-9]{6}$/);
    const first = await device.verified(id, number, vendor.code(number));
    const asked = vendor.requests;
    expect((await device.verified(id, number, vendor.code(number))).expires).toBe(first.expires);
    expect(vendor.requests).toBe(asked);
  });

  it("takes no wrong code, and after some the right one neither", async () => {
    const [device, number] = [await agreeing(), fresh()];
    const { id } = await device.started(number);
    const wrong = otherThan(vendor.code(number));
    expect(await refusal(device.answer(id, number, wrong))).toEqual([403, "code-wrong"]);
    for (let i = 0; i < 4; i++) await device.answer(id, number, wrong);
    expect(await refusal(device.answer(id, number, vendor.code(number)))).toEqual([404, "no-verification"]);
  });

  it.each(Object.entries(TROUBLES))(
    "that gives %s sent nothing: paid for, and no code is good",
    async (_, trouble) => {
      const [device, number] = [await agreeing(), fresh()];
      const [before, asked] = [await budgets(), vendor.requests];
      vendor.fail(trouble(vendor));
      const answer = await device.start(number);
      expect(answer.headers.get("retry-after")).toBe("5");
      expect(await refusal(answer)).toEqual([503, "unavailable"]);
      expect(vendor.requests).toBe(asked + 1);
      expect(vendor.phones.get(number)).toBeUndefined();
      expect(await budgets()).not.toBe(before);
      expect(await refusal(device.start(number))).toEqual([429, "resend-too-soon"]);
    },
  );

  it("leaves no number in the log, whatever it answered", () => {
    expect(relay().lines.filter((line) => line.includes("the sender failed"))).not.toEqual([]);
    expect(searchFor([...numbers, "+34666111222"])(Buffer.from(relay().lines.join("\n")))).toEqual([]);
  });

  // After those that this file's caller adds, too.
  afterAll(() => expect(vendor.violations, "requests that its API does not take").toEqual([]));

  return { relay, fresh, agreeing };
}

async function spent(state: string) {
  const { budget = [] } = await readRecords(state);
  return budget.map(({ subject, level }) => [subject, String(level)]);
}
