import { beforeEach, describe, expect, it } from "vitest";
import { getDeviceList } from "../../src/client/people/persons.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { Cast, type Member } from "./cast.ts";
import { toJson } from "./mailboxes.ts";

describe("a relay that would serve two people different device lists", () => {
  let cast: Cast;
  let phone: Member;
  let tablet: Member;
  let bo: Member;
  let cy: Member;
  beforeEach(async () => {
    cast = new Cast();
    [phone, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
    tablet = await cast.linkTo(phone);
  });

  const listOf = (member: Member) =>
    getDeviceList(member.vault, phone.person)?.devices.map(({ address }) => address.text);

  /** Takes what is sent to this one's mailbox for delivered, and drops it. */
  function hideFrom(member: Member): void {
    cast.relay.lies.deposit = (call, honest) =>
      call.address === member.address ? { state: "delivered" } : honest();
  }

  it("can hold a list back from one: that one knows an older or none, and never another", async () => {
    await cast.write(bo, phone, "from Bo, to one device");
    await cast.write(cy, phone, "from Cy, to one device");
    hideFrom(cy);
    const texts = await cast.settle(phone, tablet, bo, cy);
    for (const device of [phone, tablet])
      expect(texts.get(device)?.sort()).toEqual(["from Bo, to one device", "from Cy, to one device"]);
    expect(listOf(bo)).toEqual([phone.address, tablet.address]);
    expect(listOf(cy)).toBe(undefined);

    await cast.write(cy, phone, "from Cy, who still knows of one");
    const later = await cast.settle(phone, tablet, cy);
    for (const device of [phone, tablet])
      expect(later.get(device)).toEqual(["from Cy, who still knows of one"]);
    // What is sealed on the channel that was withheld with the list stays shut, a day at most.
    cast.relay.lies = {};
    cast.relay.now += DAY;
    await cast.write(phone, cy, "and a text with the list");
    expect((await cast.settle(phone, tablet, cy)).get(cy)).toEqual(["and a text with the list"]);
    expect(listOf(cy)).toEqual([phone.address, tablet.address]);
    cast.expectTruth();
  });

  it("can show an older list again when there is a newer one: the newer stays", async () => {
    await cast.write(bo, phone, "from Bo, to one device");
    await cast.read(phone);
    cast.relay.now += 5000;
    await cast.read(phone);
    const older = cast.relay.mailboxes.held(bo.address).map(toJson);
    expect(older.length).toBeGreaterThan(0);
    await cast.read(bo);
    expect(listOf(bo)).toEqual([phone.address, tablet.address]);
    await phone.device.ownDevices.unlink(tablet.address);
    await cast.settle(phone, tablet, bo);
    await cast.write(phone, bo, "from the phone that is left");
    await cast.settle(phone, bo);
    expect(listOf(bo)).toEqual([phone.address]);
    cast.relay.lies.pull = () => ({ messages: older, more: false });
    expect(await cast.read(bo)).toEqual([]);
    expect(listOf(bo)).toEqual([phone.address]);
    cast.expectTruth();
  });

  it("has a text that the sender took back in time shown on none of the devices", async () => {
    const sent = await cast.write(bo, phone, "taken back before it was confirmed", { revocable: true });
    cast.relay.lies.erase = async (_, honest) => {
      cast.relay.lies = {};
      await bo.device.revoke(sent.id);
      return honest();
    };
    const texts = await cast.settle(phone, tablet, bo);
    expect((await bo.device.state(sent.id)).state).toBe("revoked");
    expect(texts.get(phone)).toEqual([]);
    expect(texts.get(tablet)).toEqual([]);
    cast.expectTruth();
  });
});
