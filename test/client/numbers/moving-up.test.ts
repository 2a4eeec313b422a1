import { expect, it } from "vitest";
import { readAll } from "../../scenario/person.ts";
import { NumberRelay, newKey } from "./number-relay.ts";

const ANN = "+4915112345678";
const WEEK = 7 * 24 * 3_600_000;

/** Listed, and a newer key has come since. */
async function behind(purposes: ("messaging" | "number" | "discovery")[]) {
  const relay = new NumberRelay();
  const ann = await relay.joinAs(ANN);
  await ann.consent({ notice: await ann.notice(), purposes, method: "test" });
  relay.keys = [newKey(2), ...relay.keys];
  relay.lie = ({ method, path }) =>
    `${method} ${path}` === "GET /v1/directory/route"
      ? { state: "listed", since: 1, versions: [1] }
      : undefined;
  const before = relay.asked.length;
  relay.lying.now += WEEK;
  await readAll(ann);
  return relay.asked.slice(before).filter(({ body }) => body.includes(ANN));
}

it("a listed device sends its number once more when the directory has a newer key", async () => {
  const sent = await behind(["messaging", "number", "discovery"]);
  expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(["PUT /v1/directory/route"]);
});

it("a device that has taken the purpose `number` back sends it nowhere", async () => {
  expect(await behind(["messaging", "discovery"])).toEqual([]);
});
