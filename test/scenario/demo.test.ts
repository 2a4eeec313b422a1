import { expect, it } from "vitest";
import type { Narrator } from "../../src/local/demo/narrator.ts";
import { tellStory } from "../../src/local/demo/story.ts";
import { useRelay } from "./relay.ts";

const relay = useRelay();

it("the demo tells the whole story, and what it shows is so", async () => {
  const events: { name: string; detail: Record<string, unknown> }[] = [];
  const narrator: Narrator = {
    chapter: () => undefined,
    event: (name, _, detail = {}) => events.push({ name, detail }),
  };
  await tellStory(relay().running, narrator);
  expect(events.map(({ name }) => name)).toEqual([
    ...["empty", "notice", "consent", "notice", "consent", "card"],
    ...["sent", "held", "read", "erased", "live", "live"],
    ...["sent", "sent", "revoked", "expired", "read"],
    ...["withdrawn", "refused", "withdrawn", "left"],
  ]);
  const detail = (name: string) => events.filter((event) => event.name === name).map((event) => event.detail);
  expect(detail("empty")[0]).toMatchObject({ mailboxes: 0, records: { consent: 0 } });
  expect(detail("erased")[0]).toMatchObject({ messages: 0 });
  expect(detail("live")).toMatchObject([{ state: "delivered" }, { state: "delivered" }]);
  expect(detail("sent")[1]).toMatchObject({ state: "held", messages: 1 });
  expect(detail("expired")[0]).toMatchObject({ messages: 0 });
  expect(Number(detail("expired")[0]?.afterMs)).toBeGreaterThanOrEqual(1000);
  expect(detail("revoked")[0]).toMatchObject({ state: "revoked" });
  expect(detail("refused")[0]).toEqual({ state: "refused", problem: "not-authorized" });
  expect(detail("left")[0]).toMatchObject({ mailboxes: 0, records: { consent: 0, consent_purpose: 0 } });
});
