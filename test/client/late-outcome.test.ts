import { expect, it } from "vitest";
import type { News } from "../../src/client/news.ts";
import { Cast, type Member } from "../lying/cast.ts";

const HOUR = 3_600_000;

it.each([
  ["whose try was not answered", "undecided"],
  ["that never left", "expired"],
] as const)("a text %s is not forgotten before its author hears what became of it", async (which, state) => {
  const cast = new Cast();
  const [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
  const news: News[] = [];
  await cast.write(ann, bo, "what founds the channel");

  const isTried = state === "undecided";
  cast.relay.lies[isTried ? "deposit" : "nonce"] = () => "unavailable";
  if (!isTried) cast.relay.now += 60_000;
  const { id, state: told } = await cast.write(ann, bo, `the text ${which}`, { ttlSeconds: 60 });
  expect(told).toBe("queued");
  cast.relay.lies = {};
  ann.device.listen((item) => news.push(item));

  // Longer than a text's marks last at a relay.
  cast.relay.now += 26 * HOUR;
  await cast.read(ann);
  expect((await ann.device.state(id)).state).toBe(state);
  expect(news).toMatchObject([{ kind: "sent", sent: { id, state } }]);

  await cast.read(ann);
  await expect(ann.device.state(id)).rejects.toThrow(RangeError);
});
