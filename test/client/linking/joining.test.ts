import { beforeEach, describe, expect, it } from "vitest";
import { Cast, type Member } from "../../lying/cast.ts";

const MINUTE = 60 * 1000;

describe("a device that said yes to being linked", () => {
  let cast: Cast;
  let phone: Member;
  let tablet: Member;
  beforeEach(async () => {
    cast = new Cast();
    [phone, tablet] = [await cast.join(), await cast.join()];
    await phone.device.ownDevices.approveLink(await tablet.device.ownDevices.linkCode());
    await cast.read(tablet);
  });
  const devicesOf = ({ device }: Member) => device.ownDevices.list().map(({ address }) => address);
  const underWay = ({ vault }: Member) =>
    ["device/joining", "device/link-secret", "linking/"].flatMap((prefix) => vault.list(prefix));

  it("is linked by the list that comes within a quarter of an hour", async () => {
    await cast.read(phone);
    cast.relay.now += 15 * MINUTE - 1;
    await cast.read(tablet);
    expect(devicesOf(tablet)).toEqual([phone.address, tablet.address]);
    expect([...underWay(phone), ...underWay(tablet)]).toEqual([]);
  });

  it("belongs to nobody by one that comes later, and can be linked anew", async () => {
    await cast.read(phone);
    cast.relay.now += 15 * MINUTE;
    await cast.read(tablet);
    expect(devicesOf(tablet)).toEqual([tablet.address]);
    await phone.device.ownDevices.unlink(tablet.address);
    await phone.device.ownDevices.approveLink(await tablet.device.ownDevices.linkCode());
    await cast.settle(tablet, phone);
    expect(devicesOf(tablet)).toEqual([phone.address, tablet.address]);
  });

  it("forgets that it did, as does the one that asked, when the other never answers", async () => {
    expect(underWay(tablet)).toHaveLength(1);
    expect(underWay(phone)).toHaveLength(1);
    cast.relay.now += 15 * MINUTE;
    await cast.read(tablet);
    await cast.read(phone);
    expect([...underWay(phone), ...underWay(tablet)]).toEqual([]);
    expect([devicesOf(tablet), devicesOf(phone)]).toEqual([[tablet.address], [phone.address]]);
  });
});
