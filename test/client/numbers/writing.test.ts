import { describe, expect, it } from "vitest";
import type { News } from "../../../src/client/news.ts";
import { NumberNotFoundError } from "../../../src/client/numbers/correspondents.ts";
import { readAll } from "../../scenario/person.ts";
import { NumberRelay } from "./number-relay.ts";

const ANN = "+4915112345678";
const BO = "+12025550143";
const NOBODY = "+447400123456";

describe("writing to a number", () => {
  it("begins with an introduction, and goes on with what the answer brings", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    expect((await ann.send(BO, "hello, by number")).state).toBe("held");
    expect(ann.contacts()).toMatchObject([{ address: bo.address, number: BO }]);
    const [text] = await readAll(bo);
    expect(text).toMatchObject({ from: ann.address, text: "hello, by number", unverified: true });
    expect(bo.contacts()).toMatchObject([{ address: ann.address, unverified: true }]);

    await bo.send(ann.address, "who is it?");
    expect((await readAll(ann)).map((each) => [each.text, each.unverified])).toEqual([
      ["who is it?", undefined],
    ]);
    await ann.send(BO, "Ann");
    await ann.send(bo.address, "and again");
    expect((await readAll(bo)).map(({ text: body }) => body)).toEqual(["Ann", "and again"]);
    expect(relay.askedFor("POST /v1/introductions")).toHaveLength(1);

    await bo.numbers.find(ANN);
    expect(bo.contacts()).toEqual([expect.objectContaining({ address: ann.address, number: ANN })]);
    expect(bo.contacts()[0]?.unverified).toBeUndefined();
  });

  it("that was found can also be done by address, and needs a new introduction when the day is over", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    const { address = "" } = await ann.numbers.find(BO);
    await ann.send(address, "first text");
    relay.lying.now += 8 * 24 * 3_600_000;
    await readAll(bo);
    await ann.send(address, "later text");
    expect(relay.askedFor("POST /v1/introductions")).toHaveLength(2);
  });

  it("that nobody is found by sends nothing, and one's own is refused", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    await expect(ann.send(NOBODY, "hello")).rejects.toThrow(NumberNotFoundError);
    await expect(ann.send(ANN, "hello")).rejects.toThrow("own number");
  });

  it("with SMS behind it goes to the hook at once when nobody is found by it", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const sms: unknown[] = [];
    await expect(ann.send(NOBODY, "hello", { smsAfter: "15s" })).rejects.toThrow("numbers.onSms");
    ann.numbers.onSms((each) => {
      sms.push(each);
    });
    await expect(ann.send(NOBODY, "hello", { smsAfter: "soon" })).rejects.toThrow(RangeError);
    const fallback = await ann.send(NOBODY, "hello", { smsAfter: "15s" });
    expect(fallback).toMatchObject({ number: NOBODY, state: "sms" });
    expect(sms).toEqual([{ number: NOBODY, text: "hello", id: fallback.id, proofs: [] }]);
  });

  it("with SMS behind it waits for its time when the look-ups of today are used up", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    const sms: string[] = [];
    ann.numbers.onSms(({ text }) => {
      sms.push(text);
    });
    relay.lie = ({ path }) => (path.endsWith("/evaluations") ? "budget-spent" : undefined);
    const [freed, spent] = [
      await ann.send(BO, "when there are some again", { smsAfter: "24h" }),
      await ann.send(BO, "not in time", { smsAfter: "15s" }),
    ];
    expect([freed.state, spent.state, sms]).toEqual(["looking", "looking", []]);
    relay.lying.now += 15_000;
    await ann.flush();
    expect(sms).toEqual(["not in time"]);
    relay.lie = () => undefined;
    relay.lying.now += 3_600_000;
    await ann.flush();
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["when there are some again"]);
    expect(sms).toEqual(["not in time"]);
  });

  it("with SMS behind it is no SMS once it was taken back, or was read", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    const sms: unknown[] = [];
    const news: News[] = [];
    ann.listen((item) => news.push(item));
    ann.numbers.onSms((each) => {
      sms.push(each);
    });
    const read = await ann.send(BO, "to be read", { smsAfter: "15s" });
    expect(read.state).toBe("waiting");
    await readAll(bo);
    relay.lying.now += 15_000;
    await ann.flush();
    expect(ann.numbers.smsTexts().map(({ state }) => state)).toEqual(["delivered"]);
    expect(news.filter(({ kind }) => kind === "fallback")).toMatchObject([
      { fallback: { state: "waiting" } },
      { fallback: { state: "revoking" } },
      { fallback: { state: "delivered" } },
    ]);
    expect(sms).toEqual([]);
  });

  it("a number that leads to somebody else is told, and no longer names who had it", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    await ann.send(BO, "hello, Bo");
    const cy = await relay.join();
    relay.listed.set(BO, cy.address);
    const news: News[] = [];
    ann.listen((item) => news.push(item));
    await ann.numbers.find(BO, { fresh: true });
    expect(news).toEqual([{ kind: "number-moved", number: BO, from: bo.address, to: cy.address }]);
    expect(ann.contacts().find(({ address }) => address === bo.address)?.number).toBeUndefined();
  });
});
