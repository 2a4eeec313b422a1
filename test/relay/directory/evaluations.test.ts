import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { EvaluationsAnswer } from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { tagInput } from "../../../src/protocol/directory/number-tag.ts";
import { DAY, LOOK_UPS_PER_NUMBER, MAX_EVALUATIONS } from "../../../src/protocol/limits.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { blind, finalize } from "../../../src/protocol/voprf.ts";
import { budgetSubject } from "../../../src/relay/budgets/spending.ts";
import { numberHash } from "../../../src/relay/numbers/hash.ts";
import { refusal } from "../edge/signing-device.ts";
import {
  anyNumber,
  Listed,
  octets,
  parameters,
  parsed,
  RETIRED,
  ROTATED,
  relayWith,
  seeker,
} from "./stage.ts";

const blinded = (count: number) => Array.from({ length: count }, () => blind(tagInput(anyNumber())));
const elementsOf = (batch: { element: Uint8Array }[]) => batch.map(({ element }) => element);
const budgets = async () =>
  (
    await env.RECORDS.prepare("SELECT * FROM budget ORDER BY subject").all<{
      subject: string;
      level: number;
    }>()
  ).results;

async function answerOf(response: Response) {
  expect(response.status).toBe(200);
  const { evaluations, proof }: EvaluationsAnswer = await response.json();
  return { evaluations: evaluations.map(octets), proof: octets(proof) };
}

describe("a batch of look-ups", () => {
  it("of up to 32 is evaluated and proven, and counted for the number that asks", async () => {
    const number = anyNumber();
    const bert = await seeker(number);
    const key = octets((await parameters()).keys[0]?.publicKey ?? "");
    for (const count of [1, MAX_EVALUATIONS]) {
      const batch = blinded(count);
      const evaluated = await answerOf(await bert.evaluate(elementsOf(batch)));
      expect(finalize(batch, key, evaluated)).toHaveLength(count);
    }
    const subject = await budgetSubject(env, "look-ups of a number", await numberHash(env, parsed(number)));
    const level = (await budgets()).find((row) => row.subject === subject)?.level ?? 0;
    expect(Math.floor(level / DAY)).toBe(LOOK_UPS_PER_NUMBER.capacity - 33);
  });

  it("evaluated under another key than the one published, or with two of it swapped, is caught", async () => {
    const bert = await seeker();
    const batch = blinded(3);
    const published = octets((await parameters()).keys[0]?.publicKey ?? "");
    // A relay that uses another key for this device, to know it again.
    const other = { DIRECTORY_KEYS: RETIRED.DIRECTORY_KEYS.replace("2:", "1:") };
    const marked = await answerOf(await bert.evaluate(elementsOf(batch), 1, relayWith(other)));
    expect(finalize(batch, published, marked)).toBeUndefined();
    const honest = await answerOf(await bert.evaluate(elementsOf(batch)));
    expect(finalize(batch, published, honest)).toHaveLength(3);
    const [first, second, third] = honest.evaluations as [Uint8Array, Uint8Array, Uint8Array];
    for (const evaluations of [
      [second, first, third],
      [first, second, marked.evaluations[2] ?? third],
    ])
      expect(finalize(batch, published, { ...honest, evaluations })).toBeUndefined();
  });

  it("is evaluated under the key that it names", async () => {
    const bert = await seeker();
    const relay = relayWith(ROTATED);
    const { keys } = await parameters(relay);
    for (const { version, publicKey } of keys) {
      const batch = blinded(2);
      const evaluated = await answerOf(await bert.evaluate(elementsOf(batch), version, relay));
      expect(finalize(batch, octets(publicKey), evaluated)).toHaveLength(2);
    }
    for (const version of [1, 3, 0, -1])
      expect(await refusal(bert.evaluate([], version, relayWith(RETIRED)))).toEqual([
        400,
        "malformed-request",
      ]);
    const element = elementsOf(blinded(1));
    for (const version of [1, 3, 0, -1])
      expect(await refusal(bert.evaluate(element, version, relayWith(RETIRED)))).toEqual([404, "no-bucket"]);
  });

  it("costs nothing when anything in it is malformed", async () => {
    const bert = await seeker();
    await bert.evaluate(elementsOf(blinded(1)));
    const before = await budgets();
    const [good] = elementsOf(blinded(1)) as [Uint8Array];
    for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(255), good.subarray(1), "", "*"])
      expect(await refusal(bert.evaluate([good, bad]))).toEqual([400, "malformed-element"]);
    for (const json of [
      {},
      { version: 1 },
      { version: 1, elements: [] },
      { version: 1, elements: elementsOf(blinded(33)).map(encodeBase64url) },
      { version: "1", elements: [encodeBase64url(good)] },
      { version: 1.5, elements: [encodeBase64url(good)] },
      { version: 1, elements: [1] },
    ]) {
      const answer = bert.call({ method: "POST", path: ROUTES.evaluations, json });
      expect(await refusal(await answer), JSON.stringify(json)).toEqual([400, "malformed-request"]);
    }
    const nonce = bert.device.nextNonce();
    const call = {
      method: "POST",
      path: ROUTES.evaluations,
      json: { version: 1, elements: [encodeBase64url(good)] },
      nonce,
    };
    expect(await budgets()).toEqual(before);
    expect((await bert.call(call)).status).toBe(200);
    const after = await budgets();
    expect(await refusal(await bert.call(call))).toEqual([409, "nonce-used"]);
    expect(await budgets()).toEqual(after);
  });

  it("is for those who agreed and verified their own number", async () => {
    const element = elementsOf(blinded(1));
    expect(await refusal(new Listed().evaluate(element))).toEqual([404, "no-consent"]);
    const plain = await Listed.agreeing(["messaging"]);
    expect(await refusal(plain.evaluate(element))).toEqual([403, "purpose-not-granted"]);
    const unverified = await Listed.agreeing();
    expect(await refusal(unverified.evaluate(element))).toEqual([403, "number-not-verified"]);
    const before = await budgets();
    await unverified.verify(anyNumber());
    expect((await unverified.evaluate(element)).status).toBe(200);
    await unverified.agree(["messaging"]);
    expect(await refusal(unverified.evaluate(element))).toEqual([403, "purpose-not-granted"]);
    expect((await budgets()).length).toBeGreaterThanOrEqual(before.length);
  });
});

describe("a flood of look-ups", () => {
  it("stops at the budget of the number, however many keys and grants it comes from", async () => {
    const number = anyNumber();
    const batch = elementsOf(blinded(MAX_EVALUATIONS));
    let evaluated = 0;
    const fresh = async () => {
      const device = await Listed.agreeing(["messaging", "number"]);
      await device.verify(number);
      return device;
    };
    // As if it had looked up nearly all of its first address book: the rest comes from many keys.
    const first = await fresh();
    await first.evaluate(batch.slice(0, 1));
    await env.RECORDS.prepare("UPDATE budget SET level = ? WHERE level = ?")
      .bind(86_400_000 * 100, 86_400_000 * (LOOK_UPS_PER_NUMBER.capacity - 1))
      .run();
    const refused: Response[] = [];
    for (let i = 0; i < 6; i++) {
      const device = await fresh();
      const answer = await device.evaluate(batch);
      if (answer.status === 200) evaluated += batch.length;
      else refused.push(answer);
      if (i === 2) await device.device.withdraw();
    }
    expect(evaluated).toBe(96);
    expect(refused).toHaveLength(3);
    for (const answer of refused) {
      expect(Number(answer.headers.get("retry-after")) % 60).toBe(0);
      expect(await refusal(answer)).toEqual([429, "budget-spent"]);
    }
    // Another number is not held back by it.
    expect((await (await seeker()).evaluate(batch)).status).toBe(200);
  });

  it("stops at the relay's own budget, whatever numbers it comes from", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 * 400 });
    const relay = relayWith({ LOOK_UPS_PER_DAY: 40 });
    const element = elementsOf(blinded(MAX_EVALUATIONS));
    const [one, two] = [await seeker(), await seeker()];
    expect((await one.evaluate(element, 1, relay)).status).toBe(200);
    expect(await refusal(two.evaluate(element, 1, relay))).toEqual([429, "budget-spent"]);
    expect((await two.evaluate(element.slice(0, 8), 1, relay)).status).toBe(200);
    vi.useRealTimers();
  });
});
