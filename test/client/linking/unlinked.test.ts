import { beforeEach, describe, expect, it } from "vitest";
import { UnknownContactError } from "../../../src/client/contacts.ts";
import type { News } from "../../../src/client/news.ts";
import { Cast, type Member } from "../../lying/cast.ts";

describe("a device that was unlinked", () => {
  let cast: Cast;
  let phone: Member;
  let tablet: Member;
  let bo: Member;
  let cy: Member;
  const news: News[] = [];
  beforeEach(async () => {
    cast = new Cast();
    [phone, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
    tablet = await cast.linkTo(phone);
    news.length = 0;
  });

  /** Everybody hears of it but the tablet. */
  async function unlink(): Promise<void> {
    await cast.write(phone, bo, "by which Bo knows the list");
    await cast.settle(phone, tablet, bo);
    await phone.device.ownDevices.unlink(tablet.address);
    await cast.settle(phone, bo);
    tablet.device.listen((item) => news.push(item));
  }

  it("writes what nobody takes, and is told so as soon as it hears of it", async () => {
    await unlink();
    const { id, state } = await cast.write(tablet, bo, "in the name of a person who let it go");
    expect(state).toBe("held");
    expect(await cast.read(bo)).toEqual([]);

    await cast.read(tablet);
    expect(news).toContainEqual({ kind: "undecided", ids: [id] });
    expect((await tablet.device.state(id)).state).toBe("undecided");
    // That founding was not taken: the next text must not be sealed behind it.
    await tablet.device.send(bo.address, "and in its own name");
    expect(await cast.read(bo)).toEqual(["and in its own name"]);
  });

  it("gives up what it still had to send", async () => {
    await unlink();
    cast.relay.lies.deposit = () => "unavailable";
    const { id, state } = await cast.write(tablet, bo, "what could not be deposited");
    expect(state).toBe("queued");
    cast.relay.lies = {};
    await cast.read(tablet);
    expect((await tablet.device.state(id)).state).toBe("undecided");
    await tablet.device.flush();
    expect(await cast.read(bo)).toEqual([]);
  });

  it("keeps what is known to have been opened", async () => {
    cast.relay.lies.deposit = (_, honest) => {
      honest();
      return { state: "delivered" };
    };
    const { id } = await cast.write(tablet, bo, "while it was linked");
    cast.relay.lies = {};
    await cast.settle(bo, tablet);
    await cast.write(bo, phone, "the answer to both devices");
    await cast.settle(phone, tablet, bo);
    await unlink();
    await cast.read(tablet);
    expect((await tablet.device.state(id)).state).toBe("delivered");
    expect(news.filter(({ kind }) => kind === "undecided")).toEqual([]);
  });

  it("does not take what is written to it as one of the person's, and its author is told so", async () => {
    await cast.write(phone, bo, "by which Bo knows the list");
    await cast.settle(phone, tablet, bo);
    await phone.device.ownDevices.unlink(tablet.address);
    await cast.read(tablet);
    const { id, pieces } = await cast.write(bo, phone, "to both of them, as Bo believes");
    expect(pieces.map(({ device, state }) => [device, state])).toEqual([
      [phone.address, "held"],
      [tablet.address, "held"],
    ]);
    expect(await cast.read(tablet)).toEqual([]);
    await cast.read(bo);
    const now = await bo.device.state(id);
    expect(now.pieces.map(({ state }) => state)).toEqual(["held", "undecided"]);
    expect(now.state).toBe("held");
    expect(await cast.read(phone)).toEqual(["to both of them, as Bo believes"]);
  });

  it("is in none of the person's conversations any more", async () => {
    const { id } = await phone.device.createConversation([bo.address, cy.address]);
    await cast.settle(phone, tablet);
    expect(tablet.device.conversations().map((one) => one.id)).toEqual([id]);
    await unlink();
    await cast.read(tablet);
    expect(tablet.device.conversations()).toEqual([]);
    await expect(tablet.device.send(id, "to whom nobody listens")).rejects.toThrow(UnknownContactError);
  });
});
