import { beforeEach, describe, expect, it } from "vitest";
import { closeOutgoing, getOutgoing } from "../../src/client/channel/outgoing.ts";
import { Device } from "../../src/client/device.ts";
import { readIdentity } from "../../src/client/identity.ts";
import { learningReach } from "../../src/client/people/acquaintance.ts";
import { getDeviceList } from "../../src/client/people/persons.ts";
import { putToldReach } from "../../src/client/people/told-reach.ts";
import { cleanOldCopy } from "../../src/client/restored.ts";
import { PLATFORM } from "../../src/client/transport.ts";
import { getJson, putJson } from "../../src/client/vault/json-entry.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { Vault, VaultReader } from "../../src/client/vault/vault.ts";
import { person, readAll } from "../scenario/person.ts";
import { Cast, type Member } from "./cast.ts";
import { LyingRelay } from "./relay.ts";

describe("a relay of a stranger's choice", () => {
  let cast: Cast;
  let foreign: LyingRelay;
  let phone: Member;
  let tablet: Member;
  let eve: { device: Device; vault: Vault };

  beforeEach(async () => {
    foreign = new LyingRelay("https://relay.eve.test");
    cast = new Cast();
    const { fetch } = cast.relay.platform;
    // Both are in one world.
    cast.relay.platform.fetch = (input, init) =>
      String(input).startsWith(foreign.origin) ? foreign.platform.fetch(input, init) : fetch(input, init);
    phone = await cast.join();
    tablet = await cast.linkTo(phone);
    eve = await join(foreign);
    await eve.device.add(phone.device.card());
  });

  async function join(relay: LyingRelay) {
    const vault = new MemoryVault();
    return { device: await person(relay.origin, { vault, platform: cast.relay.platform }), vault };
  }

  /** How often it is asked for anything while the owner's devices read, which sends what they have to. */
  async function knocksAt(relay: LyingRelay, ...owners: Member[]): Promise<number> {
    const before = relay.traffic.exchanges.length;
    for (let round = 0; round < 3; round++) {
      cast.relay.now += 10_000;
      foreign.now = cast.relay.now;
      for (const { device } of owners.length > 0 ? owners : [phone, tablet]) await readAll(device);
    }
    return relay.traffic.exchanges.length - before;
  }
  const devicesKnownTo = ({ vault }: { vault: Vault }) =>
    getDeviceList(vault, phone.address)?.devices.map(({ address }) => address.text);

  it("is not asked for anything because the stranger wrote: not to tell the list, nor a receipt, nor a loss", async () => {
    await phone.device.setReceipts({ delivered: true, read: true });
    await tablet.device.setReceipts({ delivered: true, read: true });
    await eve.device.send(phone.address, "from nobody you know");
    expect(await knocksAt(foreign)).toBe(0);
    await eve.device.send(phone.address, "and once more, as you do not answer");
    expect(await knocksAt(foreign)).toBe(0);
    const platform = { ...PLATFORM, ...cast.relay.platform };
    await cleanOldCopy({ identity: readIdentity(phone.vault), vault: phone.vault, platform });
    expect(await knocksAt(foreign)).toBe(0);
  });

  it("is told the list of devices with the owner's first answer, and what follows from then on", async () => {
    await eve.device.send(phone.address, "from somebody who met you once");
    await knocksAt(foreign);
    await phone.device.send(eve.device.address, "I remember you");
    expect((await readAll(eve.device)).map(({ text }) => text)).toEqual(["I remember you"]);
    expect(devicesKnownTo(eve)).toEqual([phone.address, tablet.address]);
    await phone.device.ownDevices.unlink(tablet.address);
    await knocksAt(foreign);
    await readAll(eve.device);
    expect(devicesKnownTo(eve)).toEqual([phone.address]);
  });

  it("is told it on a device that did not answer, once it knows that another did", async () => {
    await eve.device.send(phone.address, "from somebody who met you once");
    await knocksAt(foreign);
    // What the owner's devices tell a new one of contacts says nothing of who was answered.
    const laptop = await cast.linkTo(phone);
    await laptop.device.send(eve.device.address, "I remember you");
    expect(await knocksAt(foreign, laptop)).toBe(0);
    await knocksAt(foreign, laptop, phone);
    await phone.device.setReceipts({ delivered: true, read: false });
    await readAll(eve.device);
    await eve.device.send(phone.address, "and I you");
    expect(await knocksAt(foreign, phone)).toBeGreaterThan(0);
  });

  it("is told it at once when the owner has added the stranger's card", async () => {
    await phone.device.add(eve.device.card());
    await eve.device.send(phone.address, "from somebody you know");
    expect(await knocksAt(foreign)).toBeGreaterThan(0);
    await readAll(eve.device);
    expect(devicesKnownTo(eve)).toEqual([phone.address, tablet.address]);
  });

  it("is told it at once when it is the owner's own, which knows where the owner is", async () => {
    const bo = await join(cast.relay);
    await bo.device.add(phone.device.card());
    await bo.device.send(phone.address, "from next door");
    await knocksAt(cast.relay);
    await readAll(bo.device);
    expect(devicesKnownTo(bo)).toEqual([phone.address, tablet.address]);
  });

  it("is not told the new token when somebody else is blocked, until the owner answers", async () => {
    const bo = await join(cast.relay);
    await phone.device.add(bo.device.card());
    await eve.device.send(phone.address, "from somebody who met you once");
    await knocksAt(foreign);
    await phone.device.block(bo.device.address);
    expect(await knocksAt(foreign)).toBe(0);
    await phone.device.send(eve.device.address, "I remember you");
    await readAll(eve.device);
    expect((await eve.device.send(phone.address, "and can still write")).state).toBe("held");
  });

  it("gets no text on a channel whose founding was dropped when the stranger named it", async () => {
    const channel = (draft: VaultReader) => getOutgoing(draft, eve.device.address)?.chainKey;
    await phone.device.send(eve.device.address, "which founds a channel").catch(() => undefined);
    await eve.device.send(phone.address, "from somebody who met you once");
    await knocksAt(foreign);
    await phone.vault.transaction((draft) => {
      for (const [name] of draft.list("written/")) draft.delete(name);
      const identity = readIdentity(draft);
      putToldReach(draft, eve.device.address, { token: "", relay: identity.relay });
      draft.delete(`contact/${eve.device.address}`);
      learningReach(draft, identity, [eve.device.address], () =>
        putToldReach(draft, eve.device.address, { token: "", relay: foreign.origin }),
      );
      expect(channel(draft)).toBeUndefined();
    });
  });

  it("is not told what waited for a stranger who named the owner's relay first", async () => {
    const mallory = await join(cast.relay);
    await mallory.device.add(phone.device.card());
    await mallory.device.send(phone.address, "from next door");
    await mallory.vault.transaction((draft) => {
      putJson(draft, "device/identity", {
        ...getJson<object>(draft, "device/identity"),
        relay: foreign.origin,
      });
      closeOutgoing(draft, phone.address);
    });
    const moved = await Device.open({ vault: mallory.vault, platform: cast.relay.platform });
    foreign.mailboxes.open(moved.address);
    cast.relay.now += 1000;
    await moved.send(phone.address, "and now from far away");
    expect(await knocksAt(foreign)).toBe(0);
    expect(devicesKnownTo(mallory)).toBe(undefined);
  });
});
