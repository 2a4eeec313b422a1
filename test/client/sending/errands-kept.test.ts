/** What a device owes its owner's others reaches them, though the relay refuses it for a while. */
import { beforeEach, describe, expect, it } from "vitest";
import { Cast, type Member } from "../../lying/cast.ts";
import type { Lie } from "../../lying/relay.ts";

const MINUTE = 60_000;

describe("an own copy that the relay does not take", () => {
  let cast: Cast;
  let ann: Member;
  let tablet: Member;
  let bo: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
    tablet = await cast.linkTo(ann);
    await cast.settle(ann, tablet, bo);
  });

  /** Answers so to what goes to the tablet. */
  function toTablet(lie: Lie): void {
    cast.relay.lies.deposit = (call, honest) =>
      call.address === tablet.address ? lie(call, honest) : honest();
  }

  async function flushAfter(minutes: number): Promise<void> {
    cast.relay.now += minutes * MINUTE;
    await ann.device.flush();
  }

  it("because the mailbox is full is sent again, ever more seldom, until it is taken", async () => {
    let refused = 0;
    toTablet(() => {
      refused++;
      return "mailbox-full";
    });
    await cast.write(ann, bo, "a text for two mailboxes");
    await flushAfter(1);
    expect(refused).toBe(1);
    for (let minute = 1; minute < 60; minute++) await flushAfter(1);
    expect(refused).toBe(3);
    cast.relay.lies = {};
    await flushAfter(60);
    expect(await cast.read(tablet)).toEqual(["a text for two mailboxes"]);
    expect(ann.vault.list("errand/")).toEqual([]);
    cast.expectTruth();
  });

  it("is not sent again once it is held, whatever became of it there", async () => {
    toTablet(() => ({ state: "held", heldUntil: cast.relay.now + MINUTE }));
    await cast.write(ann, bo, "held, and then dropped");
    await flushAfter(1);
    expect(ann.vault.list("errand/")).toEqual([]);
  });

  it("is kept over a restart, and as long as the relay can't be reached", async () => {
    toTablet(() => null);
    await cast.write(ann, bo, "kept on the device");
    await flushAfter(1);
    await cast.restart(ann);
    await flushAfter(60);
    expect(ann.vault.list("errand/")).toHaveLength(1);
    cast.relay.lies = {};
    await flushAfter(1);
    expect(await cast.read(tablet)).toEqual(["kept on the device"]);
    expect(ann.vault.list("errand/")).toEqual([]);
    cast.expectTruth();
  });

  it("in parts: each that was refused comes later, and the text is whole", async () => {
    let parts = 0;
    toTablet((_, honest) => (++parts === 2 ? "mailbox-full" : honest()));
    const long = `a long story: ${"x".repeat(150_000)}`;
    await cast.write(ann, bo, long);
    await flushAfter(1);
    expect(parts).toBe(3);
    expect(await cast.read(tablet)).toEqual([]);
    await flushAfter(11);
    expect(await cast.read(tablet)).toEqual([long]);
    cast.expectTruth();
  });
});
