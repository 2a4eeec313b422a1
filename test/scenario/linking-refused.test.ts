import { describe, expect, it } from "vitest";
import { addErrand } from "../../src/client/errands.ts";
import { readIdentity } from "../../src/client/identity.ts";
import type { Device } from "../../src/client/index.ts";
import {
  type DeviceList,
  devicesStatement,
  type ListedDevice,
  linkStatement,
} from "../../src/client/people/device-list.ts";
import { getDeviceList, personOf, putDeviceList } from "../../src/client/people/persons.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { Vault } from "../../src/client/vault/vault.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { person } from "./person.ts";
import { useRelay } from "./relay.ts";
import { link, settle } from "./several-devices.ts";

describe("linking is refused", () => {
  const relay = useRelay();
  const join = () => person(relay().origin);
  const addresses = (device: Device) => device.ownDevices.list().map(({ address }) => address);

  it("by a code that was used: to the same person and to another", async () => {
    const [phone, eve, tablet] = await Promise.all([join(), join(), join()]);
    const code = await tablet.ownDevices.linkCode();
    await phone.ownDevices.approveLink(code);
    await settle(tablet, phone);
    await expect(phone.ownDevices.approveLink(code)).rejects.toThrow("belongs to somebody");
    await eve.ownDevices.approveLink(code);
    await settle(tablet, eve, phone);
    expect(addresses(tablet)).toEqual([phone.address, tablet.address]);
    expect(addresses(eve)).toEqual([eve.address]);
    await expect(tablet.ownDevices.linkCode()).rejects.toThrow("linked already");
  });

  it("to the second of two who saw the code: a device agrees once", async () => {
    const [phone, eve, tablet] = await Promise.all([join(), join(), join()]);
    const code = await tablet.ownDevices.linkCode();
    await phone.ownDevices.approveLink(code);
    await eve.ownDevices.approveLink(code);
    await settle(tablet, phone, eve);
    expect(addresses(tablet)).toEqual([phone.address, tablet.address]);
    expect(addresses(eve)).toEqual([eve.address]);
  });

  it("with another secret than the code's, which stays good", async () => {
    const [phone, eve, tablet] = await Promise.all([join(), join(), join()]);
    const code = await tablet.ownDevices.linkCode();
    await eve.ownDevices.approveLink(code.replace(/[^~]+$/, "A".repeat(22)));
    await settle(tablet, eve);
    expect([addresses(tablet), addresses(eve)]).toEqual([[tablet.address], [eve.address]]);
    await phone.ownDevices.approveLink(code);
    await settle(tablet, phone);
    expect(addresses(tablet)).toEqual([phone.address, tablet.address]);
  });

  it("by a code that is a quarter of an hour old, or was shown before a newer one", async () => {
    let behind = 0;
    const tablet = await person(relay().origin, { platform: { now: () => Date.now() - behind } });
    const phone = await join();
    behind = 15 * 60 * 1000;
    const old = await tablet.ownDevices.linkCode();
    behind = 0;
    await phone.ownDevices.approveLink(old);
    await settle(tablet, phone);
    expect([addresses(tablet), addresses(phone)]).toEqual([[tablet.address], [phone.address]]);
    const [earlier, code] = [await tablet.ownDevices.linkCode(), await tablet.ownDevices.linkCode()];
    await phone.ownDevices.approveLink(earlier);
    await settle(tablet, phone);
    expect(addresses(tablet)).toEqual([tablet.address]);
    await phone.ownDevices.approveLink(code);
    await settle(tablet, phone);
    expect(addresses(tablet)).toEqual([phone.address, tablet.address]);
  });

  it("to a device that has others itself by then", async () => {
    const [phone, tablet, watch] = await Promise.all([join(), join(), join()]);
    const code = await tablet.ownDevices.linkCode();
    await link(tablet, watch);
    await phone.ownDevices.approveLink(code);
    await settle(tablet, phone);
    expect(addresses(phone)).toEqual([phone.address]);
    expect(addresses(tablet)).toEqual([tablet.address, watch.address]);
  });

  it("by a device that is not the first, and of one's own code", async () => {
    const [phone, tablet, watch] = await Promise.all([join(), join(), join()]);
    const own = await phone.ownDevices.linkCode();
    await expect(phone.ownDevices.approveLink(own)).rejects.toThrow("own code");
    await link(phone, tablet);
    await expect(tablet.ownDevices.approveLink(await watch.ownDevices.linkCode())).rejects.toThrow(
      "Only a person's first",
    );
    await expect(tablet.ownDevices.unlink(phone.address)).rejects.toThrow("Only a person's first");
    await settle(watch, tablet, phone);
    expect(addresses(watch)).toEqual([watch.address]);
    expect(addresses(phone)).toEqual([phone.address, tablet.address]);
  });
});

describe("a list of devices changes nothing", () => {
  const relay = useRelay();
  const withVault = async () => {
    const vault = new MemoryVault();
    return { vault, device: await person(relay().origin, { vault }) };
  };
  /** Mallory's next text says that these are her devices. */
  const claim = (vault: Vault, to: Device, list: DeviceList) =>
    vault.transaction((draft) => {
      putDeviceList(draft, list);
      draft.delete(`told/${to.address}`);
    });

  /** Ann knows Mallory's second list: of two devices she unlinked one. */
  async function acquainted() {
    const [ann, mallory, watch] = await Promise.all([withVault(), withVault(), withVault()]);
    await ann.device.add(mallory.device.card());
    await mallory.device.add(ann.device.card());
    await link(mallory.device, watch.device);
    const first = listOf(mallory.vault, mallory.device);
    await mallory.device.send(ann.device.address, "hello");
    await mallory.device.ownDevices.unlink(watch.device.address);
    await mallory.device.send(ann.device.address, "hello again");
    expect((await settle(ann.device, mallory.device)).get(ann.device)).toEqual(["hello", "hello again"]);
    const second = listOf(mallory.vault, mallory.device);
    expect([first.counter, second.counter]).toEqual([1, 2]);
    expect(listOf(ann.vault, mallory.device)).toEqual(second);
    return { ann, mallory, watch, first, second };
  }

  it("with a lower counter: it is passed over, and the text that brought it is read", async () => {
    const { ann, mallory, watch, first, second } = await acquainted();
    await claim(mallory.vault, ann.device, first);
    await mallory.device.send(ann.device.address, "from before");
    expect((await settle(ann.device)).get(ann.device)).toEqual(["from before"]);
    expect(listOf(ann.vault, mallory.device)).toEqual(second);
    expect(personOf(ann.vault, watch.device.address)).toBe(watch.device.address);
  });

  it("that its first did not sign, or that names who did not agree: nothing of its message is taken", async () => {
    const { ann, mallory, second } = await acquainted();
    const bo = await withVault();
    await ann.device.add(bo.device.card(), "Bo");
    const { sign, address: own } = readIdentity(mallory.vault);
    const address = parseAddress(bo.device.address);
    const [reach] = second.devices;
    if (address === undefined || reach === undefined) throw new Error("no address");
    const signed = (counter: number, further: ListedDevice[]): DeviceList => {
      const devices = [reach, ...further];
      return {
        counter,
        devices,
        signature: sign(
          devicesStatement(
            counter,
            devices.map((d) => d.address),
          ),
        ),
      };
    };
    const { token, relay: origin } = reach;
    const named = { address, token, relay: origin };
    const forged: [string, DeviceList][] = [
      ["unsigned", { ...second, counter: 3 }],
      [
        "countersigned by Mallory",
        signed(3, [{ ...named, countersignature: sign(linkStatement(own, address)) }]),
      ],
      ["countersigned by nobody", signed(3, [{ ...named, countersignature: new Uint8Array(64) }])],
    ];
    for (const [text, list] of forged) {
      await claim(mallory.vault, ann.device, list);
      await mallory.device.send(ann.device.address, text);
      expect((await settle(ann.device)).get(ann.device), text).toEqual([]);
    }
    expect(listOf(ann.vault, mallory.device)).toEqual(second);
    expect(personOf(ann.vault, bo.device.address)).toBe(bo.device.address);
    await claim(mallory.vault, ann.device, second);
    await mallory.device.send(ann.device.address, "honest again");
    expect((await settle(ann.device)).get(ann.device)).toEqual(["honest again"]);
  });

  it("to a device that was unlinked: contacts believe it, it itself belongs only where it agrees anew", async () => {
    const { ann, mallory, watch, first } = await acquainted();
    const { sign } = readIdentity(mallory.vault);
    await settle(watch.device);
    const statement = devicesStatement(
      3,
      first.devices.map(({ address }) => address),
    );
    await claim(mallory.vault, ann.device, { ...first, counter: 3, signature: sign(statement) });
    await mallory.vault.transaction((draft) => {
      draft.delete(`told/${watch.device.address}`);
      addErrand(draft, watch.device.address, { kind: "bare" }, Date.now());
    });
    await mallory.device.send(ann.device.address, "she is back");
    await mallory.device.flush();
    const { mailbox } = await watch.device.held();
    expect(mailbox.find(({ table }) => table === "message")?.rows.length).toBeGreaterThan(0);
    const texts = await settle(ann.device, watch.device);
    expect(texts.get(ann.device)).toEqual(["she is back"]);
    expect(personOf(ann.vault, watch.device.address)).toBe(mallory.device.address);
    expect(watch.device.ownDevices.list()).toEqual([
      { address: watch.device.address, first: true, self: true },
    ]);
  });

  function listOf(vault: Vault, { address }: Device): DeviceList {
    const list = getDeviceList(vault, address);
    if (list === undefined) throw new Error("no list");
    return list;
  }
});
