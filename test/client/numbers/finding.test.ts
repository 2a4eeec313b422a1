import { describe, expect, it } from "vitest";
import type { News } from "../../../src/client/news.ts";
import { NumberPurposeError } from "../../../src/client/numbers/purpose.ts";
import { RelayProtocolError } from "../../../src/client/relay-problem.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { readAll } from "../../scenario/person.ts";
import { evaluated, NumberRelay, newKey } from "./number-relay.ts";

const ANN = "+4915112345678";
const BO = "+12025550143";
const NOBODY = "+447400123456";
const HOUR = 3_600_000;

describe("without the purpose", () => {
  it("no request with a number leaves the device, not even a blinded one", async () => {
    const relay = new NumberRelay();
    await relay.joinAs(BO);
    const ann = await relay.join(["messaging"]);
    ann.numbers.onSms(() => undefined);
    const before = relay.asked.length;
    for (const attempt of [
      () => ann.numbers.requestCode(ANN),
      () => ann.numbers.submitCode("123456"),
      () => ann.numbers.find(BO),
      () => ann.numbers.findAll([BO, NOBODY]),
      () => ann.numbers.list(),
      () => ann.numbers.unlist(),
      () => ann.numbers.route(),
      () => ann.send(BO, "hello"),
      () => ann.send(BO, "hello", { smsAfter: "15s" }),
    ])
      await expect(attempt()).rejects.toThrow(NumberPurposeError);
    expect(relay.asked.slice(before)).toEqual([]);
    expect(ann.numbers.smsTexts()).toEqual([]);

    await readAll(ann);
    for (const { path, body } of relay.asked.slice(before)) {
      expect(path).not.toMatch(/directory|verifications|introductions/);
      expect(path + body).not.toContain(BO.slice(1));
    }
  });

  it("to be found, none is listed", async () => {
    const relay = new NumberRelay();
    const ann = await relay.join(["messaging", "number"]);
    await ann.numbers.requestCode(ANN);
    await ann.numbers.submitCode("123456");
    await expect(ann.numbers.list()).rejects.toThrow(NumberPurposeError);
    expect(relay.askedFor("PUT /v1/directory/route")).toEqual([]);
  });
});

describe("a look-up", () => {
  it("finds who is listed, says so with an age, and shows the relay no number", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    const before = relay.asked.length;
    expect(await ann.numbers.find("(202) 555-0143", { region: "US" })).toEqual({
      spelled: "(202) 555-0143",
      number: BO,
      address: bo.address,
      verifiedAt: Math.floor(relay.lying.now / 86_400_000) * 86_400_000,
      checkedAt: relay.lying.now,
    });
    expect(await ann.numbers.find(NOBODY)).toEqual({
      spelled: NOBODY,
      number: NOBODY,
      checkedAt: relay.lying.now,
    });
    for (const { path, body } of relay.asked.slice(before))
      for (const number of [BO, NOBODY]) expect(path + body).not.toContain(number.slice(2));
  });

  it("is remembered for a day if it found somebody, for an hour if not, and not at all when that is asked for", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    await relay.joinAs(BO);
    const asks = async () => {
      const before = relay.askedFor("POST /v1/directory/evaluations").length;
      await ann.numbers.findAll([BO, NOBODY, BO]);
      const made = relay.askedFor("POST /v1/directory/evaluations").slice(before);
      return made.flatMap(({ body }) => JSON.parse(body).elements).length;
    };
    expect(await asks()).toBe(2);
    expect(await asks()).toBe(0);
    relay.lying.now += HOUR;
    expect(await asks()).toBe(1);
    relay.lying.now += 23 * HOUR;
    expect(await asks()).toBe(2);
    await ann.numbers.forget();
    expect(await asks()).toBe(2);
  });

  it("of an address book goes in batches of 32, keeps its order, and passes over what is no number", async () => {
    const relay = new NumberRelay();
    relay.width = 3;
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    const book = Array.from({ length: 60 }, (_, i) => `+4915112345${100 + i}`);
    book.splice(40, 0, "202 555 0143", "Aunt Mary", BO);
    const found = await ann.numbers.findAll(book, { region: "US" });
    expect(found.map(({ spelled }) => spelled)).toEqual(book);
    expect(found.map(({ address }) => address)).toEqual(
      book.map((_, i) => (i === 40 || i === 42 ? bo.address : undefined)),
    );
    expect(found[41]).toEqual({ spelled: "Aunt Mary" });
    const sizes = relay
      .askedFor("POST /v1/directory/evaluations")
      .map(({ body }) => JSON.parse(body).elements.length);
    expect(sizes).toEqual([32, 29]);
    expect(new Set(relay.askedFor("GET /v1/directory/1/").map(({ path }) => path)).size).toBeLessThanOrEqual(
      8,
    );
  });

  it("keeps what was paid for when the budget ends in its midst", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const book = Array.from({ length: 40 }, (_, i) => `+4915112345${100 + i}`);
    relay.lie = ({ path }) =>
      path.endsWith("/evaluations") && relay.askedFor("POST /v1/directory/evaluations").length > 1
        ? "budget-spent"
        : undefined;
    await expect(ann.numbers.findAll(book)).rejects.toMatchObject({ code: "budget-spent" });
    relay.lie = () => undefined;
    await ann.numbers.findAll(book);
    const sizes = relay
      .askedFor("POST /v1/directory/evaluations")
      .map(({ body }) => JSON.parse(body).elements.length);
    expect(sizes).toEqual([32, 8, 8]);
  });

  it("goes on when the directory has grown meanwhile, and looks under both keys while they change", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    const bo = await relay.joinAs(BO);
    await ann.numbers.find(NOBODY);
    relay.width = 2;
    expect((await ann.numbers.find(BO)).address).toBe(bo.address);
    relay.lying.now += HOUR;
    relay.keys = [newKey(2), ...relay.keys];
    const only = relay.listed.get(BO);
    relay.lie = ({ path }) => (path.startsWith("/v1/directory/2/") ? emptyBucket() : undefined);
    expect((await ann.numbers.find(BO, { fresh: true })).address).toBe(only);
  });
});

/** Random rows: nobody is in it. */
function emptyBucket(): Uint8Array {
  const rows = Array.from({ length: 64 }, (_, i) => Uint8Array.of(i, ...new Uint8Array(111)));
  return Uint8Array.from(rows.flatMap((row) => [...row]));
}

describe("a relay that evaluates falsely", () => {
  const cases: Record<string, (relay: NumberRelay, body: string) => unknown> = {
    "under another key": (_, body) => evaluated(newKey(1), JSON.parse(body).elements),
    "and swaps two of a batch": (relay, body) => {
      const [key] = relay.keys;
      if (key === undefined) throw new Error("no key");
      const { evaluations, proof } = evaluated(key, JSON.parse(body).elements);
      return { evaluations: evaluations.toReversed(), proof };
    },
    "and answers for one less": (relay, body) => {
      const [key] = relay.keys;
      if (key === undefined) throw new Error("no key");
      const { evaluations, proof } = evaluated(key, JSON.parse(body).elements);
      return { evaluations: evaluations.slice(1), proof };
    },
    "with no element": () => ({ evaluations: ["AA"], proof: "AA" }),
  };
  it.each(Object.entries(cases))("%s is caught, and nothing of it is used", async (_, falsely) => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    await relay.joinAs(BO);
    relay.lie = ({ path, body }) => (path.endsWith("/evaluations") ? falsely(relay, body) : undefined);
    const before = relay.askedFor("GET /v1/directory/1/").length;
    await expect(ann.numbers.findAll([BO, NOBODY])).rejects.toThrow(RelayProtocolError);
    expect(relay.askedFor("GET /v1/directory/1/").length).toBe(before);
    relay.lie = () => undefined;
    expect((await ann.numbers.find(BO)).address).toBeDefined();
  });

  it("under a key of its own for one person is known by the version", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    await ann.numbers.find(BO);
    relay.keys = [newKey(1)];
    relay.lying.now += HOUR;
    await expect(ann.numbers.find(NOBODY)).rejects.toThrow(RelayProtocolError);
  });
});

describe("the own number", () => {
  const told = async (relay: NumberRelay, change: () => void): Promise<News[]> => {
    const vault = new MemoryVault();
    const ann = await relay.joinAs(ANN, vault);
    const news: News[] = [];
    ann.listen((item) => news.push(item));
    relay.lying.now += HOUR;
    await readAll(ann);
    expect(news).toEqual([]);
    change();
    relay.lying.now += 7 * 24 * HOUR;
    await readAll(ann);
    return news.filter(({ kind }) => kind.startsWith("number"));
  };

  it("that leads to a stranger by a forged entry is told, though the relay calls it listed", async () => {
    const relay = new NumberRelay();
    const bo = await relay.joinAs(BO);
    const news = await told(relay, () => {
      const honest = relay.listed.get(ANN);
      relay.listed.set(ANN, bo.address);
      relay.lie = ({ method, path }) =>
        `${method} ${path}` === "GET /v1/directory/route" && honest !== undefined
          ? { state: "listed", since: 1, versions: [1] }
          : undefined;
    });
    expect(news).toEqual([{ kind: "number-mismatch", number: ANN, found: bo.address }]);
  });

  it("that leads to nobody, or is claimed, is told", async () => {
    const relay = new NumberRelay();
    expect(await told(relay, () => relay.listed.delete(ANN))).toEqual([
      { kind: "number-mismatch", number: ANN },
    ]);
    const other = new NumberRelay();
    const at = other.lying.now + 3 * 24 * HOUR;
    const claimed = await told(other, () => {
      other.lie = ({ method, path }) =>
        `${method} ${path}` === "GET /v1/directory/route"
          ? { state: "listed", since: 1, claim: { effectiveAt: at }, versions: [1] }
          : undefined;
    });
    expect(claimed).toEqual([{ kind: "number-claimed", number: ANN, effectiveAt: at }]);
  });

  it("is forgotten with its purpose", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs(ANN);
    expect(ann.numbers.own).toMatchObject({ number: ANN, listed: true });
    await ann.consent({ notice: await ann.notice(), purposes: ["messaging"], method: "test" });
    expect(ann.numbers.own).toBeUndefined();
  });
});
