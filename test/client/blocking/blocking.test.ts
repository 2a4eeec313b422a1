import { describe, expect, it } from "vitest";
import { BlockedError } from "../../../src/client/blocking/blocked.ts";
import type { News } from "../../../src/client/news.ts";
import { Cast, type Member } from "../../lying/cast.ts";
import { readAll } from "../../scenario/person.ts";
import { NumberRelay } from "../numbers/number-relay.ts";

/** Ann knows Bo and Cy, and they have written to each other. */
async function talking(): Promise<{ cast: Cast; ann: Member; bo: Member; cy: Member }> {
  const cast = new Cast();
  const [ann, bo, cy] = await cast.acquainted(3);
  if (ann === undefined || bo === undefined || cy === undefined) throw new Error("nobody");
  for (const other of [bo, cy]) {
    await cast.write(other, ann, `hello from ${other.address}`);
    await cast.read(ann);
    await cast.write(ann, other, `hello to ${other.address}`);
    await cast.read(other);
  }
  return { cast, ann, bo, cy };
}

const token = ({ device }: Member) => device.consented()?.deliveryToken ?? "";
const knownTo = ({ device }: Member, other: Member) =>
  device.contacts().find(({ address }) => address === other.address)?.deliveryToken;

describe("blocking", () => {
  it("replaces the delivery token, and everybody else learns the new one inside their channels", async () => {
    const { cast, ann, bo, cy } = await talking();
    const before = token(ann);
    expect(await ann.device.block(cy.address)).toBe(true);
    const after = token(ann);
    expect(after).not.toBe(before);
    expect(ann.device.card()).toContain(after);
    for (const other of [bo, cy]) await cast.read(other);
    expect([knownTo(bo, ann), knownTo(cy, ann)]).toEqual([after, before]);

    const foundings = cast.relay.traffic.exchanges.filter(({ path }) => path.endsWith("/claims")).length;
    expect((await cast.write(bo, ann, "Bo is still heard")).state).toBe("held");
    expect((await cast.write(cy, ann, "Cy is no longer heard")).problem).toBe("not-authorized");
    expect(await cast.read(ann)).toEqual(["Bo is still heard"]);
    // On the channel that was there: nothing was founded anew for it.
    expect(cast.relay.traffic.exchanges.filter(({ path }) => path.endsWith("/claims")).length).toBe(
      foundings,
    );
    cast.expectTruth();
  });

  it("drops what was on its way unseen, without receipt or news, and writes nothing to them", async () => {
    const { cast, ann, bo, cy } = await talking();
    await ann.device.setReceipts({ delivered: true, read: true });
    await cast.write(cy, ann, "written before, and in the mailbox");
    await ann.device.block(cy.address);
    const news: News[] = [];
    ann.device.listen((item) => news.push(item));
    expect(await cast.read(ann)).toEqual([]);
    expect(news).toEqual([]);
    cast.relay.now += 10_000;
    await ann.device.flush();
    expect(cast.relay.mailboxes.held(cy.address)).toEqual([]);
    await expect(ann.device.send(cy.address, "hello")).rejects.toThrow(BlockedError);
    expect(ann.device.contacts().find(({ address }) => address === cy.address)?.blocked).toBe(true);

    const group = await bo.device.createConversation([ann.address, cy.address]);
    await cast.read(bo);
    await bo.device.send(group.id, "to both of you, from Bo");
    await cast.read(ann);
    const fromBo = cast.relay.mailboxes.held(cy.address).length;
    await ann.device.send(group.id, "to the group, without Cy");
    expect(cast.relay.mailboxes.held(cy.address).length).toBe(fromBo);
    await cast.read(cy);
    await cast.read(bo);
  });

  it("ends when they are unblocked, and they are told how to write again", async () => {
    const { cast, ann, cy } = await talking();
    await ann.device.block(cy.address);
    await ann.device.unblock(cy.address);
    await cast.read(cy);
    expect(knownTo(cy, ann)).toBe(token(ann));
    expect((await cast.write(cy, ann, "heard once more")).state).toBe("held");
    expect(await cast.read(ann)).toEqual(["heard once more"]);
    await cast.write(ann, cy, "and answered");
    expect(await cast.read(cy)).toEqual(["and answered"]);
    cast.expectTruth();
  });

  it("counts at once when the relay can't be reached, and there as soon as it can", async () => {
    const { cast, ann, bo, cy } = await talking();
    const before = token(ann);
    await cast.write(cy, ann, "written before, and in the mailbox");
    cast.relay.lies.rotate = () => "unavailable";
    expect(await ann.device.block(cy.address)).toBe(false);
    expect(await cast.read(ann).catch(() => [])).toEqual([]);
    delete cast.relay.lies.rotate;
    await cast.restart(ann);
    expect(await cast.read(ann)).toEqual([]);
    expect(token(ann)).not.toBe(before);
    await cast.read(bo);
    expect(knownTo(bo, ann)).toBe(token(ann));
  });

  it("counts on all of the owner's devices, and the new list has their new tokens", async () => {
    const { cast, ann, bo, cy } = await talking();
    const second = await cast.linkTo(ann);
    await cast.settle(ann, second, bo, cy);
    await cast.write(cy, ann, "to both devices, before");
    await cast.settle(ann, second);
    const before = [token(ann), token(second)];
    await second.device.block(cy.address);
    await cast.settle(ann, second, bo, cy);
    expect([token(ann), token(second)].some((each) => before.includes(each))).toBe(false);
    expect(ann.device.contacts().find(({ address }) => address === cy.address)?.blocked).toBe(true);
    await cast.write(bo, ann, "to both devices, after");
    expect(await cast.read(ann)).toEqual(["to both devices, after"]);
    expect(await cast.read(second)).toEqual(["to both devices, after"]);
    expect((await cast.write(cy, ann, "to neither device")).problem).toBe("not-authorized");
    cast.expectTruth();
  });

  it("is told until it was heard: also who reads only the second message learns the token", async () => {
    const { cast, ann, bo, cy } = await talking();
    await ann.device.block(cy.address);
    cast.relay.mailboxes.erase(
      bo.address,
      cast.relay.mailboxes.held(bo.address).map(({ id }) => id),
    );
    await cast.write(ann, bo, "the one before was lost");
    await cast.read(bo);
    expect(knownTo(bo, ann)).toBe(token(ann));
    expect(ann.vault.list("untold/")).toHaveLength(1);
    await cast.write(bo, ann, "heard, and so known");
    await cast.read(ann);
    expect(ann.vault.list("untold/")).toEqual([]);
  });

  it("also shuts out who comes with an introduction", async () => {
    const relay = new NumberRelay();
    const ann = await relay.joinAs("+4915112345678");
    const cy = await relay.joinAs("+12025550143");
    await cy.send("+4915112345678", "hello from a stranger");
    const [text] = await readAll(ann);
    await ann.block(text?.from ?? "");
    await cy.send("+4915112345678", "and a second");
    await cy.numbers.forget();
    expect(await readAll(ann)).toEqual([]);
  });
});
