import { describe, expect, it } from "vitest";
import { NoConsentError } from "../../src/client/relay-problem.ts";
import { pair, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

const agree = async (device: Awaited<ReturnType<typeof pair>>[0]) =>
  device.consent({ notice: await device.notice(), purposes: ["messaging"], method: "test" });
const texts = async (device: Awaited<ReturnType<typeof pair>>[0]) =>
  (await readAll(device)).map(({ text }) => text);

describe("somebody who leaves and comes back", () => {
  const relay = useRelay();

  it("reads what is written after the new card was added, on a channel of its own", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "before");
    expect(await texts(bo)).toEqual(["before"]);
    await bo.withdraw();
    await agree(bo);
    await ann.add(bo.card());
    expect((await ann.send(bo.address, "after")).state).toBe("held");
    expect(await texts(bo)).toEqual(["after"]);
    await bo.send(ann.address, "I am back");
    expect(await texts(ann)).toEqual(["I am back"]);
  });

  it("is answered with the newest card, not with what an older text said", async () => {
    const [ann, bo] = await pair(relay().origin);
    await bo.send(ann.address, "an old text, still held");
    await bo.withdraw();
    await agree(bo);
    await ann.add(bo.card());
    expect(await texts(ann)).toEqual(["an old text, still held"]);
    expect((await ann.send(bo.address, "with the new card")).state).toBe("held");
    expect(await texts(bo)).toEqual(["with the new card"]);
  });

  it("keeps the texts that were delivered and not read yet", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "one");
    await ann.send(bo.address, "two");
    const inbox = bo.inbox({ once: true });
    expect((await inbox.next()).value?.text).toBe("one");
    await inbox.return(undefined);
    await bo.withdraw();
    const left: string[] = [];
    const reading = (async () => {
      for await (const text of bo.inbox()) left.push(text.text);
    })();
    await expect(reading).rejects.toThrow(NoConsentError);
    expect(left).toEqual(["one", "two"]);
  });

  it("has lost what it had not opened: the sender is told that it is undecided, and goes on", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "read");
    await texts(bo);
    const lost = await ann.send(bo.address, "held for keys that are gone", { ttlSeconds: 3600 });
    expect(lost.state).toBe("held");
    // The same mailbox and token, and none of the old keys: a device whose state was lost.
    await bo.send(ann.address, "first, so that Ann knows a channel of mine");
    await texts(ann);
    await bo.withdraw();
    await agree(bo);
    await bo.send(ann.address, "my state is gone");
    expect(await texts(ann)).toEqual(["my state is gone"]);
    expect((await ann.state(lost.id)).state).toBe("undecided");
    expect((await ann.send(bo.address, "so I found anew")).state).toBe("held");
    expect(await texts(bo)).toEqual(["so I found anew"]);
  });
});
