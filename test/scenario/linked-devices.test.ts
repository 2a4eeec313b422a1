import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { Device, News } from "../../src/client/index.ts";
import { readMailboxes } from "../../src/local/storage.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";
import { link, settle } from "./several-devices.ts";

describe("a person with several devices", () => {
  const relay = useRelay();

  it("links another with the code that it shows, and both know it", async () => {
    const phone = await person(relay().origin);
    const tablet = await person(relay().origin);
    const news: News[] = [];
    tablet.listen((item) => news.push(item));
    await link(phone, tablet);
    expect(phone.ownDevices.list()).toEqual([
      { address: phone.address, first: true, self: true },
      { address: tablet.address, first: false, self: false },
    ]);
    expect(tablet.ownDevices.list().map(({ address }) => address)).toEqual([phone.address, tablet.address]);
    expect(news).toContainEqual({ kind: "linked", person: phone.address });
    expect(tablet.contacts()).toEqual([]);
    expect(phone.contacts()).toEqual([]);
  });

  it("gets on both what comes, from who knows both and from who does not yet", async () => {
    const phone = await person(relay().origin);
    const tablet = await person(relay().origin);
    const bo = await person(relay().origin);
    await phone.add(bo.card(), "Bo");
    await bo.add(phone.card(), "Ann");
    await bo.send(phone.address, "before");
    await settle(phone, bo);
    await link(phone, tablet);
    expect(tablet.contacts()).toMatchObject([{ address: bo.address, name: "Bo" }]);

    await bo.send(phone.address, "to both");
    const texts = await settle(phone, tablet, bo);
    expect(texts.get(phone)).toEqual(["to both"]);
    expect(texts.get(tablet)).toEqual(["to both"]);

    await bo.send(phone.address, "again");
    const later = await settle(tablet, phone, bo);
    expect(later.get(phone)).toEqual(["again"]);
    expect(later.get(tablet)).toEqual(["again"]);
  });

  it("shows on one what was written on the other, and the recipient sees one person", async () => {
    const phone = await person(relay().origin);
    const tablet = await person(relay().origin);
    const bo = await person(relay().origin);
    await bo.add(phone.card(), "Ann");
    await phone.add(bo.card(), "Bo");
    await link(phone, tablet);
    await tablet.send(bo.address, "from the tablet");
    await tablet.flush();
    const [got] = await readAll(bo);
    expect(got).toMatchObject({ from: phone.address, text: "from the tablet" });
    expect(bo.contacts()).toMatchObject([{ address: phone.address, name: "Ann" }]);
    const [copy] = await readAll(phone);
    expect(copy).toMatchObject({ from: phone.address, to: bo.address, text: "from the tablet" });
  });

  it("may have three, and what is written on one or comes from outside is on all of them", async () => {
    const [phone, tablet, laptop, bo] = await people(4);
    await phone.add(bo.card(), "Bo");
    await bo.add(phone.card(), "Ann");
    await link(phone, tablet, laptop);
    await settle(tablet);
    const all = [phone.address, tablet.address, laptop.address];
    for (const device of [phone, tablet, laptop])
      expect(device.ownDevices.list().map(({ address }) => address)).toEqual(all);
    await tablet.send(bo.address, "from the tablet");
    await bo.send(phone.address, "from Bo");
    const texts = await settle(tablet, laptop, phone, bo);
    expect(texts.get(bo)).toEqual(["from the tablet"]);
    expect(texts.get(tablet)).toEqual(["from Bo"]);
    for (const device of [phone, laptop])
      expect(texts.get(device)?.sort()).toEqual(["from Bo", "from the tablet"]);
  });

  it("that unlinks one: it learns that, nobody writes to it any more, and the safety number is another", async () => {
    const [phone, tablet, bo] = await people(3);
    await bo.add(phone.card(), "Ann");
    await phone.add(bo.card(), "Bo");
    await phone.send(bo.address, "hello");
    await settle(bo, phone);
    await link(phone, tablet);
    await bo.send(phone.address, "to both");
    expect((await settle(tablet, phone, bo)).get(tablet)).toEqual(["to both"]);
    const { digits } = bo.safetyNumber(phone.address);
    for (const device of [phone, tablet]) expect(device.safetyNumber(bo.address).digits).toBe(digits);
    expect(await bo.noteSafetyNumberCompared(phone.address, digits)).toBe(true);

    const news = new Map<Device, News[]>([phone, tablet, bo].map((device) => [device, []]));
    for (const [device, items] of news) device.listen((item) => items.push(item));
    await phone.ownDevices.unlink(tablet.address);
    await settle(tablet, bo, phone);
    expect(news.get(tablet)).toContainEqual({ kind: "unlinked", person: phone.address });
    expect(tablet.ownDevices.list()).toEqual([{ address: tablet.address, first: true, self: true }]);
    const changed = { kind: "devices-changed", person: phone.address, added: [], removed: [tablet.address] };
    expect(news.get(bo)).toContainEqual({ ...changed, verified: true });
    expect(news.get(phone)).toContainEqual({ ...changed, verified: false });
    expect(bo.safetyNumber(phone.address).digits).not.toBe(digits);
    expect(phone.safetyNumber(bo.address).digits).toBe(bo.safetyNumber(phone.address).digits);

    await bo.send(phone.address, "after");
    await phone.send(bo.address, "mine");
    const texts = await settle(phone, bo);
    expect([texts.get(phone), texts.get(bo)]).toEqual([["after"], ["mine"]]);
    expect((await tablet.held()).mailbox.find(({ table }) => table === "message")?.rows).toEqual([]);
    await expect(phone.ownDevices.unlink(tablet.address)).rejects.toThrow("No other device");
  });

  it("that lost one closes its mailbox: nothing of it is stored any more, and the receipt says so", async () => {
    const [phone, lost, bo] = await people(3);
    await bo.add(phone.card(), "Ann");
    await link(phone, lost);
    await phone.add(bo.card(), "Bo");
    await phone.send(bo.address, "hello");
    await settle(bo, phone);
    await bo.send(phone.address, "for both");
    const held = (await mailboxOf(lost))?.message?.length;
    expect(held).toBeGreaterThan(0);

    const { receipt } = await phone.ownDevices.closeLost(lost.address);
    const jwks = (await (await fetch(`${relay().origin}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
    const { payload } = await jwtVerify(receipt, createLocalJWKSet(jwks), { typ: "restante-erasure+jwt" });
    expect(payload).toMatchObject({ consentId: lost.consented()?.consentId, erased: { messages: held } });
    expect(await mailboxOf(lost)).toBeUndefined();
    expect((await settle(phone)).get(phone)).toEqual(["for both"]);
    await expect(phone.ownDevices.closeLost(lost.address)).rejects.toThrow("left no withdrawal");
  });

  it("closes by any of its devices the one that is lost, be it the first", async () => {
    let earlier: string | undefined;
    const lying: typeof fetch = async (input, init) =>
      earlier !== undefined && String(input).endsWith("/v1/withdrawals")
        ? Response.json({ receipt: earlier })
        : fetch(input, init);
    const [lost, tablet] = [
      await person(relay().origin),
      await person(relay().origin, { platform: { fetch: lying } }),
    ];
    await link(lost, tablet);
    // Whatever the relay says: a receipt of something else ends nothing, and what was left behind stays.
    earlier = (await (await person(relay().origin)).withdraw()).receipt;
    await expect(tablet.ownDevices.closeLost(lost.address)).rejects.toThrow("receipt of something else");
    expect(await mailboxOf(lost)).toBeDefined();
    earlier = undefined;
    await tablet.ownDevices.closeLost(lost.address);
    expect(await mailboxOf(lost)).toBeUndefined();
    expect(await mailboxOf(tablet)).toBeDefined();
    await expect(tablet.ownDevices.unlink(lost.address)).rejects.toThrow("Only a person's first device");
  });

  it("cannot close what a lost device opened by a new consent: that ended the one that it left", async () => {
    const [phone, lost] = await people(2);
    await link(phone, lost);
    const { receipt } = await lost.withdraw();
    await lost.consent({ notice: await lost.notice(), purposes: ["messaging"], method: "test" });
    expect(await phone.ownDevices.closeLost(lost.address)).toEqual({ receipt });
    expect((await mailboxOf(lost))?.mailbox).toMatchObject([{ state: "open" }]);
    expect((await lost.held()).mailbox.length).toBeGreaterThan(0);
  });

  async function people<const N extends number>(count: N): Promise<Several<N>> {
    const devices = Array.from({ length: count }, () => person(relay().origin));
    return (await Promise.all(devices)) as Several<N>;
  }

  async function mailboxOf({ address }: Device) {
    const all = await readMailboxes(relay().state);
    return all.find(({ mailbox = [] }) => mailbox[0]?.address === address);
  }
});

type Several<N extends number> = N extends 2
  ? [Device, Device]
  : N extends 3
    ? [Device, Device, Device]
    : [Device, Device, Device, Device];
