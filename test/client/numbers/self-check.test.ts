/** The weekly check of the own number, by a relay that would rather not be checked. */
import { describe, expect, it } from "vitest";
import type { News } from "../../../src/client/news.ts";
import { readAll } from "../../scenario/person.ts";
import { type Asked, NumberRelay, newKey } from "./number-relay.ts";

const ANN = "+4915112345678";
const WEEK = 7 * 24 * 3_600_000;

async function listed() {
  const relay = new NumberRelay();
  const ann = await relay.joinAs(ANN);
  const news: News[] = [];
  ann.listen((item) => item.kind.startsWith("number") && news.push(item));
  /** Connects, so much later. @returns what was told then */
  const connect = async (later: number) => {
    relay.lying.now += later;
    await readAll(ann);
    return news.splice(0);
  };
  expect(await connect(3_600_000)).toEqual([]);
  return { relay, ann, connect };
}

const garbage =
  (call: string) =>
  ({ method, path }: Asked) =>
    `${method} ${path}` === call ? { sorry: "no" } : undefined;

const UNCHECKED = { kind: "number-unchecked", number: ANN };

describe("the check of the own number", () => {
  it.each(["GET /v1/directory/route", "GET /v1/directory", "POST /v1/directory/evaluations"])(
    "that the relay answers with nonsense to %s is told, once a week",
    async (call) => {
      const { relay, ann, connect } = await listed();
      const { checkedAt } = ann.numbers.own ?? {};
      relay.lie = garbage(call);
      expect(await connect(WEEK)).toEqual([UNCHECKED]);
      expect(await connect(60_000)).toEqual([]);
      expect(await connect(WEEK)).toEqual([UNCHECKED]);
      expect(ann.numbers.own?.checkedAt).toBe(checkedAt);
      relay.lie = () => undefined;
      expect(await connect(60_000)).toEqual([]);
      expect(ann.numbers.own?.checkedAt).toBe(relay.lying.now);
    },
  );

  it("that the relay refuses is told when it has been refused for three weeks", async () => {
    const { relay, connect } = await listed();
    relay.lie = ({ path }) => (path.endsWith("/evaluations") ? "budget-spent" : undefined);
    expect(await connect(WEEK)).toEqual([]);
    expect(await connect(WEEK)).toEqual([]);
    expect(await connect(WEEK)).toEqual([UNCHECKED]);
    expect(await connect(60_000)).toEqual([]);
  });

  it("is made though the relay calls the listing one that waits, and goes on doing so", async () => {
    const { relay, connect } = await listed();
    relay.listed.delete(ANN);
    relay.lie = ({ method, path }) =>
      `${method} ${path}` === "GET /v1/directory/route"
        ? { state: "waiting", effectiveAt: relay.lying.now + 1000 }
        : undefined;
    expect(await connect(WEEK)).toEqual([{ kind: "number-mismatch", number: ANN }]);
  });

  it("is made though moving up to a new key fails, and the number is not sent at each connection", async () => {
    const { relay, ann, connect } = await listed();
    relay.keys = [newKey(2), ...relay.keys];
    let isSpent = true;
    relay.lie = ({ method, path }) => {
      if (`${method} ${path}` === "GET /v1/directory/route") return { state: "listed", versions: [1] };
      if (`${method} ${path}` === "PUT /v1/directory/route") return "budget-spent";
      return isSpent && path.endsWith("/evaluations") ? "budget-spent" : undefined;
    };
    const sent = () => relay.askedFor("PUT /v1/directory/route").filter(({ body }) => body.includes(ANN));
    await connect(WEEK);
    isSpent = false;
    await connect(60_000);
    expect(ann.numbers.own?.checkedAt).toBe(relay.lying.now);
    expect(sent()).toHaveLength(1);
    await connect(WEEK);
    expect(sent()).toHaveLength(2);
  });

  it("moves up to a new key by itself", async () => {
    const { relay, connect } = await listed();
    relay.keys = [newKey(2), ...relay.keys];
    const versions = [1];
    relay.lie = ({ method, path, body }) => {
      if (path !== "/v1/directory/route" || (method === "PUT" && !body.includes(ANN))) return undefined;
      if (method === "PUT") versions.unshift(2);
      return { state: "listed", versions };
    };
    expect(await connect(WEEK)).toEqual([]);
    expect(await connect(WEEK)).toEqual([]);
    expect(relay.askedFor("PUT /v1/directory/route").filter(({ body }) => body.includes(ANN))).toHaveLength(
      1,
    );
    expect(versions).toEqual([2, 1]);
  });
});
