import { describe, expect, it } from "vitest";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Courier } from "./courier.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

describe("somebody who leaves", () => {
  const relay = useRelay();

  /** Bo knows Ann and Cy, has a conversation with them, and much is under way in both directions. */
  async function scene() {
    const vault = new MemoryVault();
    const [toBo, fromBo] = [new Courier(), new Courier()];
    const [ann, bo, cy] = await Promise.all([
      person(relay().origin, { platform: { fetch: toBo.fetch } }),
      person(relay().origin, { vault, platform: { fetch: fromBo.fetch } }),
      person(relay().origin),
    ]);
    for (const other of [ann, cy]) await bo.add(other.card());
    await ann.add(bo.card());
    const { id } = await bo.createConversation([ann.address, cy.address]);
    await bo.noteSafetyNumberCompared(ann.address, bo.safetyNumber(ann.address).digits);
    await bo.setReceipts({ delivered: true, read: true });
    await bo.send(id, "to both");
    await readAll(ann);
    await ann.send(bo.address, "done with");
    expect(await readAll(bo)).toHaveLength(1);
    // A text of which a part is missing, one that waits to be sent, one that is not read yet, receipts.
    toBo.treat = ({ kind }) => (kind === "deposit" && toBo.kept === 0 ? "keep" : "pass");
    await ann.send(bo.address, "x".repeat(100_000));
    await ann.send(bo.address, "not read yet");
    const inbox = bo.inbox({ once: true });
    await inbox.next();
    await inbox.return(undefined);
    fromBo.treat = () => "lose";
    expect((await bo.send(ann.address, "waits")).state).toBe("queued");
    fromBo.treat = () => "pass";
    return { ann, bo, cy, id, vault };
  }

  it("keeps what is theirs, and nothing that only the consent was for", async () => {
    const { ann, bo, vault } = await scene();
    const kinds = () => [...new Set(vault.list("").map(([name]) => name.split("/")[0]))].sort();
    expect(kinds()).toEqual(
      expect.arrayContaining([
        "assembling",
        "channel",
        "errand",
        "introduced",
        "key",
        "outbox",
        "part",
        "sent",
      ]),
    );
    await bo.withdraw();
    expect(kinds()).toEqual(["contact", "conversation", "device", "inbox", "written"]);
    expect(bo.contacts().find(({ address }) => address === ann.address)?.verified).toBeDefined();
  });

  it("and comes back goes on in their conversations, though the old cards are dead", async () => {
    const { ann, bo, cy, id } = await scene();
    for (const each of [ann, cy]) await readAll(each);
    await bo.withdraw();
    await bo.consent({ notice: await bo.notice(), purposes: ["messaging"], method: "test" });
    expect((await bo.send(id, "I am back")).state).toBe("held");
    for (const each of [ann, cy])
      expect((await readAll(each)).map(({ conversation, text }) => [conversation, text])).toEqual([
        [id, "I am back"],
      ]);
    expect((await cy.send(id, "so I see")).state).toBe("held");
    const texts = (await readAll(bo)).map(({ text }) => text);
    expect(texts).toEqual(["not read yet", "so I see"]);
  });
});
