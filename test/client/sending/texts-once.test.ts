/** One text, in two envelopes: shown once. */
import { beforeEach, describe, expect, it } from "vitest";
import { Device } from "../../../src/client/device.ts";
import { TEXT_REMEMBERED } from "../../../src/client/taken-texts.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import type { VaultReader } from "../../../src/client/vault/vault.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { Cast, type Member } from "../../lying/cast.ts";
import type { Held } from "../../lying/mailboxes.ts";

const MINUTE = 60_000;

describe("a text that comes in two envelopes", () => {
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

  async function flushAfter(member: Member, milliseconds: number): Promise<void> {
    cast.relay.now += milliseconds;
    await member.device.flush();
  }

  /** Ann's tablet has got its copy, and Ann was told that nobody knows. */
  async function copiedTwice(text: string): Promise<void> {
    cast.relay.lies.deposit = (call, honest) => {
      const answer = honest();
      return call.address === tablet.address ? null : answer;
    };
    await cast.write(ann, bo, text);
    await flushAfter(ann, MINUTE);
    cast.relay.lies.deposit = (call, honest) => (call.address === tablet.address ? "mailbox-full" : honest());
    await flushAfter(ann, MINUTE);
    cast.relay.lies = {};
    await flushAfter(ann, 11 * MINUTE);
    expect(ann.vault.list("errand/")).toEqual([]);
    expect(cast.relay.mailboxes.held(tablet.address).length).toBeGreaterThan(1);
  }

  it("because its first was answered for by nobody is shown once, and both are acknowledged", async () => {
    await copiedTwice("copied twice over");
    expect(await cast.read(tablet)).toEqual(["copied twice over"]);
    expect(cast.relay.mailboxes.held(tablet.address)).toEqual([]);
    cast.expectTruth();
  });

  it("because an old copy of the vault sends its own copies again is shown once", async () => {
    await cast.write(ann, bo, "copied by two runs");
    const copy = await copyOf(ann.vault);
    await flushAfter(ann, MINUTE);
    expect(await cast.read(tablet)).toEqual(["copied by two runs"]);
    cast.relay.now += 2 * MINUTE;
    await cast.read(ann);
    ann.device = await Device.open({ vault: copy, platform: cast.relay.platform });
    await flushAfter(ann, MINUTE);
    await flushAfter(ann, MINUTE);
    const waiting = cast.relay.mailboxes.held(tablet.address).length;
    expect(waiting).toBeGreaterThan(0);
    expect(await cast.read(tablet)).toEqual([]);
    expect(cast.relay.mailboxes.held(tablet.address)).toEqual([]);
    cast.expectTruth();
  });

  /** Bo knows a list with the tablet in it, which was unlinked and linked again since: both write to the tablet. */
  async function linkedAgain(): Promise<void> {
    await cast.write(bo, ann, "so that Bo is told");
    await cast.settle(ann, tablet, bo);
    await ann.device.ownDevices.unlink(tablet.address);
    await cast.settle(ann, tablet);
    await ann.device.ownDevices.approveLink(await tablet.device.ownDevices.linkCode());
    await cast.settle(tablet, ann);
  }

  it("from its author and, passed on, from an own device is shown once", async () => {
    await linkedAgain();
    await cast.write(bo, ann, "from Bo to all he knows");
    const texts = await cast.settle(ann, tablet);
    expect(texts.get(ann)).toEqual(["from Bo to all he knows"]);
    expect(texts.get(tablet)).toEqual(["from Bo to all he knows"]);
    cast.expectTruth();
  });

  it("passed on first, and taken back from its author, stays as it was passed on", async () => {
    await linkedAgain();
    await cast.write(bo, ann, "from Bo, revocable", { revocable: true });
    cast.relay.lies.erase = (call, honest) => (call.address === tablet.address ? { erased: [] } : honest());
    const texts = await cast.settle(tablet, ann, tablet);
    expect(texts.get(tablet)).toEqual(["from Bo, revocable"]);
    cast.expectTruth();
  });

  it("passed on while its author may still take it back is shown once, whichever way that goes", async () => {
    await linkedAgain();
    await cast.write(bo, ann, "from Bo, revocable", { revocable: true });
    const waits = cast.relay.mailboxes.held(tablet.address).map(({ id }) => id);
    // Not said yet whether the tablet was in time.
    cast.relay.lies.erase = (call, honest) => (call.address === tablet.address ? "unavailable" : honest());
    await expect(cast.read(tablet)).rejects.toThrow();
    cast.relay.lies = {};
    await cast.read(ann);
    await flushAfter(ann, MINUTE);
    expect(cast.relay.mailboxes.held(tablet.address).length).toBeGreaterThan(waits.length);
    expect(await cast.read(tablet)).toEqual(["from Bo, revocable"]);
    expect(await cast.read(tablet)).toEqual([]);
    expect(tablet.vault.list("inbox/")).toEqual([]);
    cast.expectTruth();
  });

  it("whole, and in parts of which one is lost, is shown once, and nobody is told that it was given up", async () => {
    await linkedAgain();
    const given: string[] = [];
    tablet.device.listen((item) => given.push(...(item.kind === "given-up" ? [item.id] : [])));
    const long = `a long story: ${"x".repeat(100_000)}`;
    await cast.write(bo, ann, long);
    // The copy that is passed on comes first, but for one of its parts.
    const direct = (cast.relay.mailboxes.held(tablet.address) as Held[]).splice(0);
    expect(direct).toHaveLength(2);
    let passedOn = 0;
    cast.relay.lies.deposit = (call, honest) =>
      call.address === tablet.address && ++passedOn === 1 ? { state: "delivered" } : honest();
    await cast.settle(ann, tablet);
    expect(passedOn).toBe(2);
    expect(tablet.vault.list("part/")).toHaveLength(1);
    for (const held of direct) cast.relay.mailboxes.put(tablet.address, held);
    expect(await cast.read(tablet)).toEqual([long]);
    cast.relay.now += 8 * DAY;
    expect(await cast.read(tablet)).toEqual([]);
    expect(given).toEqual([]);
    expect(tablet.vault.list("part/")).toEqual([]);
    cast.expectTruth();
  });

  it("is remembered for three weeks, and then no longer", async () => {
    await cast.write(bo, ann, "remembered for a while");
    expect(await cast.read(ann)).toEqual(["remembered for a while"]);
    const marks = ann.vault.list("taken/").length;
    expect(marks).toBeGreaterThan(0);
    cast.relay.now += TEXT_REMEMBERED;
    expect(await cast.read(ann)).toEqual([]);
    expect(ann.vault.list("taken/")).toEqual([]);
  });
});

async function copyOf(vault: VaultReader): Promise<MemoryVault> {
  const copy = new MemoryVault();
  await copy.transaction((draft) => {
    for (const [name, bytes] of vault.list("")) draft.put(name, bytes.slice());
  });
  return copy;
}
