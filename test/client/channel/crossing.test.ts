import { describe, expect, it } from "vitest";
import { encodeMessage } from "../../../src/client/channel/content.ts";
import { channelStatement } from "../../../src/client/channel/founding.ts";
import { sealFounding } from "../../../src/client/channel/founding-envelope.ts";
import { getOutgoing } from "../../../src/client/channel/outgoing.ts";
import { makePool } from "../../../src/client/channel/pool.ts";
import { forgetChannels } from "../../../src/client/channel/sweeping.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { keyHash } from "../../../src/protocol/one-time-key.ts";
import {
  type Actor,
  acquainted,
  actor,
  bodyOf,
  claim,
  entriesOf,
  open,
  opened,
  START,
  sealOne,
  trySeal,
} from "./scene.ts";

const outgoingOf = (from: Actor, to: Actor) => getOutgoing(from.vault, to.identity.address.text);
const lose = (device: Actor) => device.vault.transaction((draft) => forgetChannels(draft));

describe("foundings that cross on their way", () => {
  it("are one channel each way, and each is founded once more, for it looks like a loss to the other", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const fromAnn = await sealOne(ann, bo, "Bo?");
    const fromBo = await sealOne(bo, ann, "Ann?");
    const behind = await sealOne(ann, bo, "behind it");
    for (const arrived of [await opened(bo, fromAnn), await opened(ann, fromBo)]) {
      expect(arrived).toMatchObject({ founderLostState: false, founderKnowsNothing: true });
      expect(arrived.message.head.heard).toBeUndefined();
    }
    const answer = await opened(bo, await sealOne(ann, bo, "yes"));
    expect(answer).toMatchObject({ position: 0, founderLostState: false, founderKnowsNothing: false });
    expect(answer.message.head.heard).toEqual({ channelId: fromBo.channelId, reached: 0 });
    // An older channel stays open, whatever was founded since.
    expect(await bodyOf(bo, behind)).toBe("behind it");
    expect((await opened(ann, await sealOne(bo, ann, "and yes"))).position).toBe(0);
    expect(outgoingOf(ann, bo)).toMatchObject({ answered: true });
    expect((await opened(bo, await sealOne(ann, bo, "and on"))).position).toBe(1);
    expect(outgoingOf(bo, ann)).toMatchObject({ answered: true });
  });

  it("and one that answers are no loss: the first channel goes on", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await opened(bo, await sealOne(ann, bo, "Bo?"));
    expect(await opened(ann, await sealOne(bo, ann, "Ann!"))).toMatchObject({ founderKnowsNothing: false });
    expect((await sealOne(ann, bo, "yes")).position).toBe(1);
  });

  it("or come after a loss before which nothing had arrived heal with the next text", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await sealOne(ann, bo, "never opened");
    await lose(bo);
    bo.pool = await bo.vault.transaction((draft) => makePool(draft, bo.identity, START, 2));
    const again = await opened(ann, await sealOne(bo, ann, "hello", { now: START + 1 }), START + 1);
    expect(again).toMatchObject({ founderLostState: false, founderKnowsNothing: true });
    expect(await bodyOf(bo, await sealOne(ann, bo, "hello you", { now: START + 2 }), START + 2)).toBe(
      "hello you",
    );
  });

  it("of the next day close nothing: what is under way on the old channels still opens", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(bo, ann);
    const [oldA, oldB] = [await sealOne(ann, bo, "old A"), await sealOne(bo, ann, "old B")];
    const now = START + DAY;
    const [newA, newB] = [await sealOne(ann, bo, "new A", { now }), await sealOne(bo, ann, "new B", { now })];
    expect([newA.position, newB.position]).toEqual([0, 0]);
    expect(await opened(bo, newA, now)).toMatchObject({ founderLostState: false });
    expect(await opened(ann, newB, now)).toMatchObject({ founderLostState: false });
    expect([await bodyOf(bo, oldA, now), await bodyOf(ann, oldB, now)]).toEqual(["old A", "old B"]);
  });

  it("from a device that lost its state and one that founded anew meanwhile heal with the next text", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(bo, ann);
    const onTheOld = await sealOne(bo, ann, "on a channel that Ann forgot");
    await opened(ann, await sealOne(bo, ann, "read before"));
    const carried = await sealOne(ann, bo, "with a key");
    await opened(bo, carried);
    await lose(ann);
    const now = START + DAY;
    const onDeadKey = await sealOne(bo, ann, "founded on a key that Ann forgot", { now });
    const again = await sealOne(ann, bo, "it is me", { now: now + 1 });
    expect((await open(ann, onTheOld, now)).outcome).toBe("unknown");
    expect((await open(ann, onDeadKey, now)).outcome).toBe("unknown");
    expect(await opened(bo, again, now + 1)).toMatchObject({ founderLostState: true });
    expect(await trySeal(bo, ann, "x", { now: now + 2 })).toEqual({ outcome: "key-needed" });
  });

  it("from both sides after both lost their state are a first acquaintance", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(bo, ann);
    await lose(ann);
    await lose(bo);
    const fresh = await Promise.all([actor(), actor()]);
    const [newAnn, newBo] = [
      { ...fresh[0], identity: ann.identity },
      { ...fresh[1], identity: bo.identity },
    ];

    for (const device of [newAnn, newBo])
      device.pool = await device.vault.transaction((draft) => makePool(draft, device.identity, START, 2));
    const fromAnn = await sealOne(newAnn, newBo, "hello again", { now: START + 1 });
    const fromBo = await sealOne(newBo, newAnn, "hello again", { now: START + 1 });
    expect(await opened(newBo, fromAnn, START + 1)).toMatchObject({ founderLostState: false });
    expect(await opened(newAnn, fromBo, START + 1)).toMatchObject({ founderLostState: false });
    expect(await bodyOf(newBo, await sealOne(newAnn, newBo, "on we go", { now: START + 2 }), START + 2)).toBe(
      "on we go",
    );
  });
});

describe("one founding", () => {
  /** The same founding, sealed to the last-resort key as often as a dishonest founder likes. */
  async function sealedAnew(from: Actor, to: Actor, times: number): Promise<Uint8Array[]> {
    const key = claim(to);
    expect(key.lastResort).toBe(true);
    const recipient = to.identity.address;
    const claims = { secret: new Uint8Array(32).fill(7), founder: from.identity.address, created: START };
    const statement = channelStatement(claims, recipient, keyHash(key.publicKey));
    const founding = { ...claims, signature: from.identity.sign(statement) };
    const content = encodeMessage({
      head: { sentAt: START, known: 0 },
      counter: 0,
      content: { kind: "bare" },
    });
    const sealed: Uint8Array[] = [];
    for (let i = 0; i < times; i++) {
      const made = await sealFounding(founding, recipient, key.publicKey, content, 2048);
      if (made !== undefined) sealed.push(made.bytes);
    }
    return sealed;
  }

  it("on the last-resort key is accepted once, however often it is sealed anew", async () => {
    const [ann, bo] = [await actor(), await actor(0)];
    const [first, ...more] = await sealedAnew(ann, bo, 3);
    expect((await opened(bo, first ?? new Uint8Array())).from).toEqual(ann.identity.address);
    const before = entriesOf(bo);
    for (const bytes of more) expect(await open(bo, bytes)).toEqual({ outcome: "double" });
    expect(entriesOf(bo)).toEqual(before);
  });
});
