/** A founding that may never have arrived, and what follows it. */
import { beforeEach, describe, expect, it } from "vitest";
import { Cast, type Member } from "../../lying/cast.ts";
import type { Lie } from "../../lying/relay.ts";

describe("a founding of which nobody can say whether it arrived", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
  });

  /** Takes nothing and gives no answer that can be read. */
  const unanswered: Lie = () => null;

  it("ends its channel: what was sealed behind it was not sent, and the next text is read", async () => {
    cast.relay.lies.deposit = unanswered;
    const first = await cast.write(ann, bo, "the founding of it");
    const behind = await cast.write(ann, bo, "behind the founding");
    const revocable = await cast.write(ann, bo, "behind it, revocable", { revocable: true });
    expect([first.state, behind.state, revocable.state]).toEqual(["queued", "queued", "queued"]);
    cast.relay.lies.deposit = () => "mailbox-full";
    await ann.device.flush();
    const states = [first, behind, revocable].map(({ id }) => ann.device.state(id));
    expect((await Promise.all(states)).map(({ state, problem }) => [state, problem])).toEqual([
      ["undecided", undefined],
      ["refused", "mailbox-full"],
      ["refused", "mailbox-full"],
    ]);
    cast.relay.lies = {};
    expect((await cast.write(ann, bo, "founded anew after it")).state).toBe("held");
    expect(await cast.read(bo)).toEqual(["founded anew after it"]);
    cast.expectTruth();
  });

  it("ends it too when its own time ran out, and what was behind it has expired", async () => {
    cast.relay.lies.deposit = unanswered;
    const first = await cast.write(ann, bo, "the founding of it");
    const behind = await cast.write(ann, bo, "behind the founding");
    cast.relay.now += 8 * 24 * 3600 * 1000;
    cast.relay.lies = {};
    await ann.device.flush();
    expect((await ann.device.state(first.id)).state).toBe("undecided");
    expect((await ann.device.state(behind.id)).state).toBe("expired");
  });

  it("ends nothing when the recipient has named the channel meanwhile", async () => {
    cast.relay.lies.deposit = (_, honest) => {
      honest();
      return null;
    };
    const first = await cast.write(ann, bo, "arrived unanswered");
    expect(first.state).toBe("queued");
    cast.relay.lies = {};
    expect(await cast.read(bo)).toEqual(["arrived unanswered"]);
    await cast.write(bo, ann, "I have read it");
    cast.relay.lies.deposit = () => "mailbox-full";
    expect(await cast.read(ann)).toEqual(["I have read it"]);
    await ann.device.flush();
    cast.relay.lies = {};
    expect((await ann.device.state(first.id)).state).toBe("undecided");
    const keys = cast.relay.mailboxes.keys(bo.address).length;
    await cast.write(ann, bo, "on the same channel");
    expect(await cast.read(bo)).toEqual(["on the same channel"]);
    expect(cast.relay.mailboxes.keys(bo.address).length).toBe(keys);
    cast.expectTruth();
  });
});
