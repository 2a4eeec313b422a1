import { expect, it } from "vitest";
import { MAX_PEOPLE } from "../../src/client/conversations/definition.ts";
import type { Device } from "../../src/client/device.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

/** The relay counts requests by address: 32 people don't share one. */
function fetchFrom(ip: string): typeof fetch {
  return (input, init) => fetch(input, { ...init, headers: { ...init?.headers, "cf-connecting-ip": ip } });
}

/** Long for what is some 400 requests and 200 foundings, short enough to show anything that grows with the square. */
const BOUND = 60_000;

const relay = useRelay();

it(`a conversation of ${MAX_PEOPLE} takes a text to each once, and answers to all`, {
  timeout: 4 * BOUND,
}, async () => {
  const people: Device[] = [];
  for (let i = 0; i < MAX_PEOPLE; i++)
    people.push(await person(relay().origin, { platform: { fetch: fetchFrom(`10.0.0.${i}`) } }));
  const [ann, ...others] = people;
  const [bo] = others;
  if (ann === undefined || bo === undefined) throw new Error("nobody");
  // Only Ann knows anybody.
  for (const other of others) await ann.add(other.card());

  const began = performance.now();
  const { id } = await ann.createConversation(others.map(({ address }) => address));
  const sent = await ann.send(id, "to all of you");
  expect(sent).toMatchObject({ state: "held" });
  expect(sent.pieces).toHaveLength(MAX_PEOPLE - 1);
  for (const other of others)
    expect(await readAll(other)).toMatchObject([
      { from: ann.address, conversation: id, text: "to all of you" },
    ]);
  const spoke = others.slice(0, 3);
  for (const [i, one] of spoke.entries())
    expect((await one.send(id, `answer ${i}`)).pieces).toHaveLength(MAX_PEOPLE - 1);
  for (const each of people) {
    const answers = spoke.flatMap((one, i) => (one === each ? [] : [[one.address, `answer ${i}`]]));
    expect((await readAll(each)).map(({ from, text }) => [from, text])).toEqual(answers);
    expect(await readAll(each)).toEqual([]);
  }
  expect(performance.now() - began).toBeLessThan(BOUND);
});
