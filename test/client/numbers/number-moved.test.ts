/** A directory that sends those who know somebody's number to somebody else: by a swapped SIM, or by lying. */
import { describe, expect, it } from "vitest";
import type { Device } from "../../../src/client/device.ts";
import type { News } from "../../../src/client/news.ts";
import { NumberFormatError } from "../../../src/client/numbers/number.ts";
import { NumberMovedError } from "../../../src/client/numbers/number-moved.ts";
import { readAll } from "../../scenario/person.ts";
import { NumberRelay } from "./number-relay.ts";

const ANN = "+4915112345678";
const BO = "+12025550143";
const DAY = 24 * 3_600_000;

/** Ann has found Bo by his number; then the directory names Cy under it. */
async function moved(acquaint: (ann: Device, bo: Device) => Promise<void>) {
  const relay = new NumberRelay();
  const ann = await relay.joinAs(ANN);
  const bo = await relay.joinAs(BO);
  const cy = await relay.join();
  const sms: string[] = [];
  const news: News[] = [];
  ann.numbers.onSms(({ number }) => {
    sms.push(number);
  });
  await ann.numbers.find(BO);
  await acquaint(ann, bo);
  relay.listed.set(BO, cy.address);
  relay.lying.now += DAY;
  ann.listen((item) => item.kind === "number-moved" && news.push(item));
  const read = async (device: Device) => (await readAll(device)).map(({ text }) => text);
  return { relay, ann, bo, cy, sms, news, read };
}

const byCard = async (ann: Device, bo: Device) => {
  await ann.add(bo.card(), "Bo");
};

const byAnswer = async (ann: Device, bo: Device) => {
  await ann.send(BO, "hello");
  await readAll(bo);
  await bo.send(ann.address, "hello yourself");
  await readAll(ann);
};

const byComparing = async (ann: Device, bo: Device) => {
  await ann.send(BO, "hello");
  await readAll(bo);
  expect(await ann.noteSafetyNumberCompared(bo.address, ann.safetyNumber(bo.address).digits)).toBe(true);
};

describe("a text to a person whose number leads to somebody else by now", () => {
  it("with SMS behind it goes to the person, and the number is for the SMS only", async () => {
    const { ann, bo, cy, sms, read } = await moved(byCard);
    const sent = await ann.send(bo.address, "for Bo alone", { smsAfter: "15s" });
    expect(sent).toMatchObject({ number: BO, to: bo.address, state: "waiting" });
    expect([await read(bo), await read(cy), sms]).toEqual([["for Bo alone"], [], []]);
  });

  it("is still the person's when the relay could not be asked at first", async () => {
    const { relay, ann, bo, cy, read } = await moved(byCard);
    relay.lie = ({ path }) => (path.endsWith("/claims") ? { nonsense: true } : undefined);
    expect(await ann.send(bo.address, "for Bo", { smsAfter: "2m" })).toMatchObject({ state: "looking" });
    relay.lie = () => undefined;
    relay.lying.now += 60_000;
    await ann.flush();
    expect([await read(bo), await read(cy)]).toEqual([["for Bo"], []]);
  });

  it("is refused when they were only found, and can't be reached but by the number", async () => {
    const { ann, bo, cy, sms, read } = await moved(async () => undefined);
    await expect(ann.send(bo.address, "for Bo")).rejects.toThrow(NumberMovedError);
    await expect(ann.send(bo.address, "for Bo", { smsAfter: "15s" })).rejects.toThrow(NumberFormatError);
    expect([await read(bo), await read(cy), sms]).toEqual([[], [], []]);
  });
});

describe("a text to a number that leads to somebody else by now", () => {
  it.each(
    Object.entries({ "was added by card": byCard, "has answered": byAnswer, "was compared": byComparing }),
  )("is refused until the owner says whose it is, when who had it %s", async (_, acquaint) => {
    const { relay, ann, bo, cy, sms, news, read } = await moved(acquaint);
    await read(bo);
    const refusal = { name: "NumberMovedError", number: BO, from: bo.address, to: cy.address };
    await expect(ann.send(BO, "for Bo")).rejects.toMatchObject(refusal);
    await expect(ann.send(BO, "for Bo", { smsAfter: "15s" })).rejects.toMatchObject(refusal);
    expect(news).toEqual([{ kind: "number-moved", number: BO, from: bo.address, to: cy.address }]);
    expect(await ann.numbers.find(BO)).toMatchObject({ address: cy.address, movedFrom: bo.address });
    await ann.numbers.forget();
    await expect(ann.send(BO, "for Bo")).rejects.toMatchObject(refusal);
    expect([await read(bo), await read(cy), sms, ann.numbers.smsTexts()]).toEqual([[], [], [], []]);

    await ann.send(bo.address, "by address");
    expect(await read(bo)).toEqual(["by address"]);

    await expect(ann.numbers.accept(BO, bo.address)).rejects.toMatchObject(refusal);
    await ann.numbers.accept(BO, cy.address);
    await ann.send(BO, "for whoever has it");
    expect([await read(bo), await read(cy)]).toEqual([[], ["for whoever has it"]]);
    expect(ann.contacts().map(({ address, number }) => [address, number])).toEqual(
      expect.arrayContaining([
        [bo.address, undefined],
        [cy.address, BO],
      ]),
    );
    expect(relay.listed.get(BO)).toBe(cy.address);
  });

  it("goes to who had it, sealed, when the directory names nobody", async () => {
    const { relay, ann, bo, sms, read } = await moved(byCard);
    relay.listed.delete(BO);
    await ann.send(BO, "for Bo");
    expect((await ann.send(BO, "for Bo too", { smsAfter: "15s" })).state).toBe("waiting");
    expect([await read(bo), sms]).toEqual([["for Bo", "for Bo too"], []]);
  });

  it("is told as undecided, and goes neither way, when that turns out after it began", async () => {
    const { relay, ann, bo, cy, sms, read } = await moved(byCard);
    relay.lie = ({ path }) => (path.endsWith("/claims") ? { nonsense: true } : undefined);
    const honest = relay.listed.get(BO) ?? "";
    relay.listed.set(BO, bo.address);
    const begun = await ann.send(BO, "for Bo", { smsAfter: "2m" });
    expect(begun.state).toBe("looking");
    relay.lie = () => undefined;
    relay.listed.set(BO, honest);
    await ann.numbers.find(BO, { fresh: true });
    relay.lying.now += 60_000;
    await ann.flush();
    expect(ann.numbers.smsTexts()).toMatchObject([{ state: "undecided", reason: "number-moved" }]);
    expect([await read(bo), await read(cy), sms]).toEqual([[], [], []]);
  });
});
