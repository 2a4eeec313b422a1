import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { budgetSubject } from "../../../src/relay/budgets/spending.ts";
import { numberHash } from "../../../src/relay/numbers/hash.ts";
import { openNumberProof } from "../../../src/relay/numbers/proof.ts";
import { verifiedNumberOf } from "../../../src/relay/numbers/verified-number.ts";
import { fetchRelay, refusal } from "../edge/signing-device.ts";
import { freshNumber, NumberDevice, otherThan, readNumber, watchTerminal } from "./number-device.ts";

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
const whole = async (answer: Response) =>
  JSON.stringify([answer.status, [...answer.headers], await answer.text()]);
const spentOn = async (number: string) =>
  env.RECORDS.prepare("SELECT level FROM budget WHERE subject = ?")
    .bind(await budgetSubject(env, "codes to a number", await numberHash(env, readNumber(number))))
    .first<number>("level");

function moveBy(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

describe("a device that shows that a number is its own", () => {
  it("gets a code there, and for it a proof that opens to the number", async () => {
    const [device, number] = [new NumberDevice(), freshNumber()];
    const { consentId } = await device.agree("messaging", "number");
    const before = Date.now();
    const { id, resendAt, expires } = await device.started(number);
    expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(resendAt - before).toBeGreaterThanOrEqual(MINUTE);
    expect(expires - resendAt).toBe(9 * MINUTE);
    const { proof, expires: proofEnds } = await device.verified(id, number, terminal.code());
    const opened = openNumberProof(env, device.address, proof, Date.now());
    expect(opened?.number.text).toBe(number);
    expect(proofEnds).toBe((opened?.verifiedAt ?? 0) + 10 * MINUTE);
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toEqual({
      consentId,
      numberHash: await numberHash(env, readNumber(number)),
      verifiedAt: opened?.verifiedAt,
    });
  });

  it("whose answer was lost gets another with the same call, until the code's time is over", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const code = terminal.code();
    const first = await device.verified(id, number, code);
    moveBy(9 * MINUTE);
    const again = await device.verified(id, number, code);
    expect(again.expires).toBe(first.expires);
    expect(openNumberProof(env, device.address, again.proof, Date.now())?.number.text).toBe(number);
    moveBy(MINUTE);
    expect(await refusal(device.answer(id, number, code))).toEqual([404, "no-verification"]);
  });

  it("may change its number: the later one counts", async () => {
    const [device, first, second] = [new NumberDevice(), freshNumber(), freshNumber()];
    const { consentId } = await device.agree("messaging", "number");
    for (const number of [first, second]) {
      const { id } = await device.started(number);
      await device.verified(id, number, terminal.code());
    }
    const { numberHash: hash } = (await verifiedNumberOf(env.RECORDS, consentId)) ?? {};
    expect(hash).toBe(await numberHash(env, readNumber(second)));
  });

  it("that never got a code asks for another: the same verification, and the old code is over", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const old = terminal.code();
    const soon = await device.start(number);
    expect(Number(soon.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(await refusal(soon)).toEqual([429, "resend-too-soon"]);
    expect(terminal.lines).toHaveLength(1);
    moveBy(MINUTE);
    const again = await device.started(number);
    expect(again.id).toBe(id);
    expect(again.resendAt - Date.now()).toBe(2 * MINUTE);
    if (terminal.code() !== old)
      expect(await refusal(device.answer(id, number, old))).toEqual([403, "code-wrong"]);
    await device.verified(id, number, terminal.code());
  });

  it("sees what is held of it: hash and time, and what was counted for its number", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    await device.verified(id, number, terminal.code());
    const held = JSON.stringify(await (await device.read(ROUTES.held)).json());
    expect(held).toContain(await numberHash(env, readNumber(number)));
    const { records } = JSON.parse(held) as { records: { table: string; rows: unknown[] }[] };
    expect(records.find(({ table }) => table === "budget")?.rows).toHaveLength(1);
    expect(held).not.toContain(number.slice(3));
  });
});

describe("no code is sent, and none is paid for,", () => {
  const refused: Record<string, [(number: string) => Promise<Response>, number, string]> = {
    "without a consent": [(number) => new NumberDevice().start(number), 404, "no-consent"],
    "without the purpose": [
      async (number) => (await NumberDevice.agreeing("messaging", "discovery")).start(number),
      403,
      "purpose-not-granted",
    ],
    "after the purpose was taken back": [
      async (number) => {
        const device = await agreed();
        await device.agree("messaging");
        return device.start(number);
      },
      403,
      "purpose-not-granted",
    ],
    "after the consent was withdrawn": [
      async (number) => {
        const device = await agreed();
        await device.withdraw();
        return device.start(number);
      },
      404,
      "no-consent",
    ],
    "without a nonce": [
      async (number) => (await agreed()).start(number, { nonce: null }),
      401,
      "signature-invalid",
    ],
    "for another spelling": [
      async (number) => (await agreed()).start(`00${number.slice(1)}`),
      400,
      "malformed-number",
    ],
    "for no number": [
      async () => (await agreed()).start("", { json: { number: 49 } }),
      400,
      "malformed-request",
    ],
  };

  it.each(Object.entries(refused))("%s", async (_, [call, status, code]) => {
    const number = freshNumber();
    expect(await refusal(call(number))).toEqual([status, code]);
    expect(terminal.lines).toEqual([]);
    expect(await spentOn(number)).toBeNull();
  });

  it("to a number that is no person's", async () => {
    const device = await agreed();
    expect(await refusal(device.start("+18002345678"))).toEqual([403, "country-not-served"]);
    expect(terminal.lines).toEqual([]);
    expect(await spentOn("+18002345678")).toBeNull();
  });

  it("for a request that is sent twice: the second is a replay", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const request = device.request({ method: "POST", path: ROUTES.verifications, json: { number } });
    expect((await fetchRelay(request.clone())).status).toBe(201);
    moveBy(MINUTE - 1);
    expect(await refusal(fetchRelay(request))).toEqual([409, "nonce-used"]);
    expect(terminal.lines).toHaveLength(1);
  });

  it("twice to one device at the same time", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const answers = await Promise.all([device.start(number), device.start(number), device.start(number)]);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(terminal.lines).toHaveLength(1);
  });
});

describe("a wrong code", () => {
  it("is told as such five times; then the right one is too late as well", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const code = terminal.code();
    for (let i = 0; i < 5; i++)
      expect(await refusal(device.answer(id, number, otherThan(code)))).toEqual([403, "code-wrong"]);
    expect(await refusal(device.answer(id, number, code))).toEqual([404, "no-verification"]);
  });

  it("is counted before it is compared, however many come at once", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const code = otherThan(terminal.code());
    const guesses = await Promise.all(
      Array.from({ length: 12 }, async () => (await refusal(device.answer(id, number, code)))[1]),
    );
    expect(guesses.filter((guess) => guess === "code-wrong").length).toBeLessThanOrEqual(5);
    const known: unknown[] = ["code-wrong", "no-verification", "nonce-used"];
    expect(guesses.filter((guess) => !known.includes(guess))).toEqual([]);
  });

  it("verifies nothing", async () => {
    const [device, number] = [new NumberDevice(), freshNumber()];
    const { consentId } = await device.agree("messaging", "number");
    const { id } = await device.started(number);
    await device.answer(id, number, otherThan(terminal.code()));
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toBeUndefined();
  });
});

describe("whatever is not this device's verification of this number", () => {
  it("gets one answer, to the byte", async () => {
    const [device, foreign, number] = [await agreed(), await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const code = terminal.code();
    const theirs = await foreign.started(number);
    const answers: Record<string, Response> = {
      "an unknown id": await device.answer("A".repeat(22), number, code),
      "an id that is none": await device.answer("x", number, code),
      "another device's": await foreign.answer(id, number, code),
      "another device's, with its id": await device.answer(theirs.id, number, terminal.code()),
      "another number": await device.answer(id, freshNumber(), code),
    };
    await device.verified(id, number, code);
    answers["used up, and another code"] = await device.answer(id, number, otherThan(code));
    answers["used up by it, for another device"] = await foreign.answer(id, number, code);
    moveBy(10 * MINUTE);
    answers.late = await foreign.answer(theirs.id, number, terminal.code());
    const texts = new Map<string, string>();
    for (const [name, answer] of Object.entries(answers)) texts.set(await whole(answer), name);
    expect([...texts.values()], [...texts.keys()].join("\n")).toHaveLength(1);
    expect(JSON.parse([...texts.keys()][0] ?? "[]")[0]).toBe(404);
  });

  it("does not use up its attempts", async () => {
    const [device, foreign, number] = [await agreed(), await agreed(), freshNumber()];
    const { id } = await device.started(number);
    const code = terminal.code();
    for (let i = 0; i < 6; i++) await foreign.answer(id, number, otherThan(code));
    await device.verified(id, number, code);
  });

  it("and a code in another form is refused without counting", async () => {
    const [device, number] = [await agreed(), freshNumber()];
    const { id } = await device.started(number);
    for (const code of ["", "123", "12345678901", "12 456", "١٢٣٤٥٦"])
      for (let i = 0; i < 2; i++)
        expect(await refusal(device.answer(id, number, code))).toEqual([400, "malformed-request"]);
    await device.verified(id, number, terminal.code());
  });
});

describe("a purpose that ends before the code is answered", () => {
  it("lets nothing be verified", async () => {
    const [device, number] = [new NumberDevice(), freshNumber()];
    const { consentId } = await device.agree("messaging", "number");
    const { id } = await device.started(number);
    await device.agree("messaging");
    expect(await refusal(device.answer(id, number, terminal.code()))).toEqual([403, "purpose-not-granted"]);
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toBeUndefined();
  });
});
