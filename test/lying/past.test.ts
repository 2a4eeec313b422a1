import { beforeEach, describe, expect, it } from "vitest";
import { DAY } from "../../src/protocol/limits.ts";
import { Cast, type Member } from "./cast.ts";

const MINUTE = DAY / 24 / 60;

describe("a relay that restores an old copy of itself", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  let cy: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
  });

  it("brings back mail that was read: it is not read again, whenever it does", async () => {
    await cast.write(ann, bo, "read long before");
    await cast.write(ann, bo, "read before as well");
    const copy = cast.relay.mailboxes.snapshot();
    expect((await cast.read(bo)).length).toBe(2);
    for (const days of [0, 1, 5]) {
      cast.relay.now += days * DAY;
      cast.relay.mailboxes.restore(copy);
      expect(cast.relay.mailboxes.held(bo.address).length).toBe(2);
      expect(await cast.read(bo)).toEqual([]);
      await cast.restart(bo);
    }
    cast.expectTruth();
  });

  it("loses what came since, and what is written from then on arrives", async () => {
    await cast.write(ann, bo, "from the days before");
    const copy = cast.relay.mailboxes.snapshot();
    await cast.write(ann, bo, "lost with the newer copy");
    cast.relay.mailboxes.restore(copy);
    await cast.write(ann, bo, "from the time after");
    expect(await cast.read(bo)).toEqual(["from the days before", "from the time after"]);
    cast.expectTruth();
  });

  it("serves keys that were used: what is founded on them is lost, until the next pool and the next founding", async () => {
    const copy = cast.relay.mailboxes.snapshot();
    await cast.write(ann, bo, "on the first key");
    expect(await cast.read(bo)).toEqual(["on the first key"]);
    cast.relay.mailboxes.restore(copy);
    await cast.write(cy, bo, "on the same key again");
    expect(await cast.read(bo)).toEqual([]);
    cast.relay.now += DAY;
    expect(await cast.read(bo)).toEqual([]);
    await cast.write(cy, bo, "on a new one");
    expect(await cast.read(bo)).toEqual(["on a new one"]);
    cast.expectTruth();
  });

  it("knows older nonces than its devices, which go on all the same", async () => {
    const copy = cast.relay.mailboxes.snapshot();
    for (const who of [ann, bo]) {
      cast.relay.now += 11 * MINUTE;
      await cast.restart(who);
      expect(await cast.read(who)).toEqual([]);
    }
    const nonces = [ann, bo].map(({ address }) => cast.relay.mailboxes.status(address).nonce);
    cast.relay.mailboxes.restore(copy);
    for (const [i, { address }] of [ann, bo].entries())
      expect(cast.relay.mailboxes.status(address).nonce).toBeLessThan(nonces[i] ?? 0);
    for (const who of [ann, bo]) await cast.restart(who);
    await cast.write(ann, bo, "there, and then…");
    expect(await cast.read(bo)).toEqual(["there, and then…"]);
    await cast.write(bo, ann, "…and back again");
    expect(await cast.read(ann)).toEqual(["…and back again"]);
    cast.expectTruth();
  });

  it("or says that a device was: the device forgets its channels, reads nothing twice, and founds anew", async () => {
    await cast.write(ann, bo, "from the days before");
    const copy = cast.relay.mailboxes.snapshot();
    expect(await cast.read(bo)).toEqual(["from the days before"]);
    await cast.write(bo, ann, "an answer to it");
    expect(await cast.read(ann)).toEqual(["an answer to it"]);
    await cast.write(ann, bo, "still on its way");
    cast.relay.lies.status = (_, honest) => ({ ...(honest() as object), nonce: 1000 });
    cast.relay.lies.nonce = (call) => (call.nonce > 1000 ? { nonce: call.nonce } : "nonce-used");
    await cast.restart(bo);
    await cast.write(bo, ann, "founded anew");
    expect(await cast.read(ann)).toEqual(["founded anew"]);
    await cast.write(ann, bo, "founded anew as well");
    expect(await cast.read(bo)).toContain("founded anew as well");
    cast.relay.mailboxes.restore(copy);
    expect(await cast.read(bo)).toEqual([]);
    cast.expectTruth();
  });
});
