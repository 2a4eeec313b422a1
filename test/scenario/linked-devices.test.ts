import { describe, expect, it } from "vitest";
import type { Device, News } from "../../src/client/index.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

/** All read and answer until nothing more is on its way between them. */
async function settle(...devices: Device[]): Promise<Map<Device, string[]>> {
  const texts = new Map<Device, string[]>(devices.map((device) => [device, []]));
  for (let round = 0; round < 4; round++)
    for (const device of devices) {
      for (const text of await readAll(device)) texts.get(device)?.push(text.text);
      await device.flush();
    }
  return texts;
}

async function link(first: Device, other: Device): Promise<void> {
  await first.approveLink(await other.linkCode());
  await settle(other, first);
}

describe("a person with several devices", () => {
  const relay = useRelay();

  it("links another with the code that it shows, and both know it", async () => {
    const phone = await person(relay().origin);
    const tablet = await person(relay().origin);
    const news: News[] = [];
    tablet.listen((item) => news.push(item));
    await link(phone, tablet);
    expect(phone.devices()).toEqual([
      { address: phone.address, first: true, self: true },
      { address: tablet.address, first: false, self: false },
    ]);
    expect(tablet.devices().map(({ address }) => address)).toEqual([phone.address, tablet.address]);
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
});
