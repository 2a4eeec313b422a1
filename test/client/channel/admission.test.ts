import { describe, expect, it } from "vitest";
import { FoundingBudget } from "../../../src/client/channel/budget.ts";
import { type Admit, openEnvelope } from "../../../src/client/channel/opening.ts";
import { getOutgoing, noteDelivered, noteHeard } from "../../../src/client/channel/outgoing.ts";
import { type Actor, acquainted, actor, bodyOf, entriesOf, opened, START, sealOne } from "./scene.ts";

function openAs(by: Actor, bytes: Uint8Array, admit: Admit) {
  const context = { identity: by.identity, now: START, budget: new FoundingBudget(), admit };
  return by.vault.transaction((draft) => openEnvelope(draft, context, bytes));
}

const notYet: Admit = () => "not-yet";
const refused: Admit = () => "refused";

describe("a message that opened", () => {
  it("and is not to be taken yet leaves everything as it was, and opens later", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(ann, bo, "hello");
    const untouched = entriesOf(bo);
    for (let i = 0; i < 10; i++)
      expect(await openAs(bo, founding.bytes, notYet)).toEqual({ outcome: "unknown" });
    expect(entriesOf(bo)).toEqual(untouched);
    expect(await bodyOf(bo, founding)).toBe("hello");

    const text = await sealOne(ann, bo, "of a conversation still to be told of");
    const before = entriesOf(bo);
    for (let i = 0; i < 10; i++) expect(await openAs(bo, text.bytes, notYet)).toEqual({ outcome: "unknown" });
    expect(entriesOf(bo)).toEqual(before);
    expect(await bodyOf(bo, text)).toBe("of a conversation still to be told of");
  });

  it("and is refused leaves everything as it was too", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(ann, bo, "hello");
    const untouched = entriesOf(bo);
    expect(await openAs(bo, founding.bytes, refused)).toEqual({ outcome: "refused" });
    expect(entriesOf(bo)).toEqual(untouched);
    await opened(bo, founding);
    const text = await sealOne(ann, bo, "psst");
    const before = entriesOf(bo);
    expect(await openAs(bo, text.bytes, refused)).toEqual({ outcome: "refused" });
    expect(entriesOf(bo)).toEqual(before);
    expect(await bodyOf(bo, text)).toBe("psst");
  });

  it("is judged by the device that proved to have sent it, and by what it says", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const seen: string[] = [];
    const admit: Admit = (from, { content }) => {
      seen.push(`${from.text === ann.identity.address.text} ${content.kind}`);
      return "admitted";
    };
    await openAs(bo, (await sealOne(ann, bo, "hello")).bytes, admit);
    await openAs(bo, (await sealOne(ann, bo, "", { content: { kind: "bare" } })).bytes, admit);
    expect(seen).toEqual(["true text", "true bare"]);
  });

  it("is not judged when it is a double, or not sound", async () => {
    const [ann, bo, eve] = [await actor(), await actor(), await actor()];
    const founding = await sealOne(ann, bo, "hello");
    await opened(bo, founding);
    const { bytes } = await sealOne(ann, bo, "text");
    const admit: Admit = () => {
      throw new Error("asked");
    };
    expect((await openAs(bo, founding.bytes, admit)).outcome).toBe("double");
    expect((await openAs(bo, bytes.with(100, (bytes[100] ?? 0) ^ 1), admit)).outcome).toBe("refused");
    expect((await openAs(eve, bytes, admit)).outcome).toBe("unknown");
  });
});

describe("how far the peer is known to have got", () => {
  it("is proof by its own word alone: the relay's counts for running ahead, not as confirmed", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const outgoing = () => getOutgoing(ann.vault, bo.identity.address.text);
    const founding = await sealOne(ann, bo, "hello");
    const texts = [];
    for (let i = 1; i <= 5; i++) texts.push(await sealOne(ann, bo, `text ${i}`));
    await ann.vault.transaction((draft) => noteDelivered(draft, bo.identity.address, founding.channelId, 5));
    expect(outgoing()).toMatchObject({ reached: 5, confirmed: 0, answered: false });

    await opened(bo, founding);
    for (const text of texts.slice(0, 3)) await opened(bo, text);
    await opened(ann, await sealOne(bo, ann, "I have three"));
    expect(outgoing()).toMatchObject({ reached: 5, confirmed: 3, answered: true });
  });

  it("is the highest position, not a count: a gap below it shows in nothing", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await sealOne(ann, bo, "lost");
    await opened(bo, await sealOne(ann, bo, "arrived"));
    await opened(ann, await sealOne(bo, ann, "answer"));
    expect(getOutgoing(ann.vault, bo.identity.address.text)).toMatchObject({ reached: 2, confirmed: 2 });
  });

  it("never goes back when an older answer comes late, nor beyond what was sealed", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const outgoing = () => getOutgoing(ann.vault, bo.identity.address.text);
    const founding = await sealOne(ann, bo, "hello");
    await opened(bo, founding);
    await acquainted(bo, ann);
    const early = await sealOne(bo, ann, "I have none but the founding");
    await opened(bo, await sealOne(ann, bo, "one"));
    await opened(bo, await sealOne(ann, bo, "two"));
    await opened(ann, await sealOne(bo, ann, "I have two"));
    await opened(ann, early);
    expect(outgoing()).toMatchObject({ reached: 2, confirmed: 2 });
    await ann.vault.transaction((draft) =>
      noteHeard(draft, bo.identity.address.text, { channelId: founding.channelId, reached: 500 }),
    );
    expect(outgoing()).toMatchObject({ reached: 2, confirmed: 2 });
  });
});
