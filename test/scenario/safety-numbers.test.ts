import { describe, expect, it } from "vitest";
import { UnknownContactError } from "../../src/client/contacts.ts";
import type { Device } from "../../src/client/device.ts";
import type { News } from "../../src/client/news.ts";
import { pair, person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

const isVerified = (device: Device, contact: Device) =>
  device.contacts().find(({ address }) => address === contact.address)?.verified !== undefined;

describe("safety numbers", () => {
  const relay = useRelay();

  it("are the same on both sides, twelve groups of five digits, and others with others", async () => {
    const [ann, bo] = await pair(relay().origin);
    const cy = await person(relay().origin);
    await ann.add(cy.card());
    const { digits } = ann.safetyNumber(bo.address);
    expect(digits).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(bo.safetyNumber(ann.address).digits).toBe(digits);
    expect(ann.safetyNumber(cy.address).digits).not.toBe(digits);
    expect(() => ann.safetyNumber("nobody")).toThrow(UnknownContactError);
  });

  it("when scanned and the same, verify the contact on the side that scanned", async () => {
    const [ann, bo] = await pair(relay().origin);
    const { code } = bo.safetyNumber(ann.address);
    expect(isVerified(ann, bo)).toBe(false);
    expect(await ann.compareSafetyCode(bo.address, code)).toBe("same");
    expect([isVerified(ann, bo), isVerified(bo, ann)]).toEqual([true, false]);
    // A renewed card does not change who somebody is.
    await ann.add(bo.card(), "Bo");
    expect(isVerified(ann, bo)).toBe(true);
  });

  it("when scanned and not the same, verify nobody", async () => {
    const [ann, bo] = await pair(relay().origin);
    const eve = await person(relay().origin);
    await eve.add(ann.card());
    const codes = [eve.safetyNumber(ann.address).code, ann.safetyNumber(bo.address).code];
    for (const code of codes) expect(await ann.compareSafetyCode(bo.address, code)).toBe("different");
    expect(await ann.compareSafetyCode(bo.address, "https://relay.example/")).toBe("not-a-safety-code");
    await expect(ann.compareSafetyCode(eve.address, codes[0] ?? "")).rejects.toThrow(UnknownContactError);
    expect(isVerified(ann, bo)).toBe(false);
  });

  it("when read aloud verify only while they are what was read", async () => {
    const [ann, bo] = await pair(relay().origin);
    const { digits } = ann.safetyNumber(bo.address);
    expect(await ann.noteSafetyNumberCompared(bo.address, digits.replaceAll(/\d/g, "0"))).toBe(false);
    expect(isVerified(ann, bo)).toBe(false);
    expect(await ann.noteSafetyNumberCompared(bo.address, digits)).toBe(true);
    expect(isVerified(ann, bo)).toBe(true);
  });

  it("change with the contact's devices: what was compared counts no more, and the app is told", async () => {
    const [ann, bo] = await pair(relay().origin);
    const tablet = await person(relay().origin);
    await bo.send(ann.address, "hello");
    await readAll(ann);
    const before = ann.safetyNumber(bo.address);
    expect(await ann.noteSafetyNumberCompared(bo.address, before.digits)).toBe(true);
    const news: News[] = [];
    ann.listen((item) => news.push(item));

    await bo.ownDevices.approveLink(await tablet.ownDevices.linkCode());
    // The tablet answers the invitation, Bo makes the list, the tablet takes it; then Ann is told.
    for (const each of [tablet, bo, tablet, bo]) {
      expect(await readAll(each)).toEqual([]);
      await each.flush();
    }
    expect(bo.ownDevices.list()).toHaveLength(2);
    expect(await readAll(ann)).toEqual([]);
    expect(news).toEqual([
      { kind: "devices-changed", person: bo.address, added: [tablet.address], removed: [], verified: true },
    ]);
    expect(isVerified(ann, bo)).toBe(false);
    const after = ann.safetyNumber(bo.address);
    expect(after.digits).not.toBe(before.digits);
    expect(await ann.noteSafetyNumberCompared(bo.address, before.digits)).toBe(false);
    for (const device of [bo, tablet]) expect(device.safetyNumber(ann.address).digits).toBe(after.digits);
    expect(await ann.compareSafetyCode(bo.address, tablet.safetyNumber(ann.address).code)).toBe("same");
    expect(isVerified(ann, bo)).toBe(true);
  });
});
