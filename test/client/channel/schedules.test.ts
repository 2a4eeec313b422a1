import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makePool } from "../../../src/client/channel/pool.ts";
import type { SealedEnvelope } from "../../../src/client/channel/sealing.ts";
import { sweepChannels } from "../../../src/client/channel/sweeping.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { type Actor, actor, copyOf, open, START, seal, WEEK } from "./scene.ts";

interface Sent extends SealedEnvelope {
  readonly body: string;
  readonly to: 0 | 1;
  opened: number;
}

interface Held {
  readonly envelope: Sent;
  readonly until: number;
}

const side = fc.constantFrom<0 | 1>(0, 1);
const options = fc.record({
  ttlSeconds: fc.constantFrom(0, 60, 3600, WEEK / 2, WEEK),
  revocable: fc.boolean(),
});
const sealing = fc.record({ kind: fc.constant("seal" as const), to: side, options });

async function sealInto(sent: Sent[], people: [Actor, Actor], to: 0 | 1, body: string, opts: object) {
  const envelopes = await seal(people[1 - to] ?? people[0], people[to], body, opts);
  for (const envelope of envelopes)
    sent.push({ ...envelope, to, opened: 0, body: envelope.carriesContent ? body : "" });
}

const nameOf = (sent: Sent) => String(sent.bytes.slice(0, 17));
const channelOf = (sent: Sent) => String(sent.channelId);

describe("whatever the order in which two people's envelopes arrive, are lost or repeated", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: sealing },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("deliver" as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose" as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("renew" as const), to: side }) },
  );

  it("each opens exactly once, no tag repeats, and no vault opens it again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const people: [Actor, Actor] = [await actor(12), await actor(12)];
        const sent: Sent[] = [];
        const lost = new Set<Sent>();
        let now = START;
        const deliver = async (envelope: Sent) => {
          const result = await open(people[envelope.to], envelope.bytes, now);
          if (envelope.opened > 0) expect(result.outcome).toBe("double");
          else expect(["opened", "unknown"]).toContain(result.outcome);
          if (result.outcome !== "opened") return;
          envelope.opened++;
          const { content } = result.message;
          expect(content.kind === "text" ? content.body : "").toBe(envelope.body);
          expect(result.from.text).toBe(people[1 - envelope.to]?.identity.address.text);
        };
        for (const [i, action] of steps.entries()) {
          now += 1000;
          if (action.kind === "seal")
            await sealInto(sent, people, action.to, `text ${i}`, { ...action.options, now });
          else if (action.kind === "renew")
            people[action.to].pool.unshift(
              ...(
                await people[action.to].vault.transaction((draft) =>
                  makePool(draft, people[action.to].identity, now, 2),
                )
              ).slice(0, -1),
            );
          else {
            const envelope = sent[action.which % Math.max(1, sent.length)];
            if (envelope === undefined) continue;
            if (action.kind === "deliver" && !lost.has(envelope)) await deliver(envelope);
            else if (envelope.opened === 0) lost.add(envelope);
          }
        }
        const arriving = sent.filter((envelope) => !lost.has(envelope));
        for (const envelope of arriving.toReversed()) await deliver(envelope);
        for (const envelope of arriving) await deliver(envelope);
        const founded = new Set(arriving.filter(({ position }) => position === 0).map(channelOf));
        for (const envelope of arriving)
          expect(envelope.opened).toBe(founded.has(channelOf(envelope)) ? 1 : 0);

        expect(new Set(sent.map(nameOf)).size).toBe(sent.length);
        for (const person of people) {
          const thief = await copyOf(person);
          await thief.vault.transaction((draft) => {
            for (const [name] of draft.list("opened/")) draft.delete(name);
          });
          for (const envelope of arriving.filter(({ opened }) => opened > 0))
            expect((await open(thief, envelope.bytes, now)).outcome).toBe("unknown");
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});

describe("whatever a mailbox lets expire that keeps order and time", () => {
  const hour = DAY / 24;
  const round = fc.record({
    to: side,
    texts: fc.array(fc.record({ after: fc.nat(12), options }), { minLength: 1, maxLength: 4 }),
    connectAfter: fc.oneof(fc.nat(30), fc.integer({ min: 150, max: 175 })),
  });

  it("everything it hands over opens", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
        const people: [Actor, Actor] = [await actor(), await actor()];
        const mailboxes: [Held[], Held[]] = [[], []];
        let now = START;
        const connect = async (to: 0 | 1) => {
          for (const { envelope, until } of mailboxes[to].splice(0))
            if (until > now) expect((await open(people[to], envelope.bytes, now)).outcome).toBe("opened");
          const { identity, vault } = people[to];
          await vault.transaction((draft) => sweepChannels(draft, now));
          people[to].pool = await vault.transaction((draft) => makePool(draft, identity, now, 1));
        };
        for (const { to, texts, connectAfter } of rounds) {
          // A device away for longer than its keys are served can't be founded to.
          if ((people[to].pool[0]?.expires ?? 0) <= now + 2 * DAY) await connect(to);
          for (const { after, options: asked } of texts) {
            now += after * hour;
            const sent: Sent[] = [];
            await sealInto(sent, people, to, "text", { ...asked, now });
            for (const envelope of sent)
              mailboxes[to].push({ envelope, until: now + envelope.ttlSeconds * 1000 });
          }
          now += connectAfter * hour;
          await connect(to);
        }
        await connect(0);
        await connect(1);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
