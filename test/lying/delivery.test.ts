import { beforeEach, describe, expect, it } from "vitest";
import { LOOK_AHEAD } from "../../src/client/channel/limits.ts";
import { SIZE_CLASSES } from "../../src/protocol/envelope.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { Cast, type Member } from "./cast.ts";
import { saying } from "./relay.ts";

describe("a relay that lies about delivery", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
  });

  it("can say delivered of what it dropped: the sender believes it, and what follows is still read", async () => {
    await cast.write(ann, bo, "kept by the relay");
    expect(await cast.read(bo)).toEqual(["kept by the relay"]);
    cast.relay.lies.deposit = () => ({ state: "delivered" });
    for (let i = 0; i < 20; i++)
      expect((await cast.write(ann, bo, `dropped, ${i} of 20`)).state).toBe("delivered");
    cast.relay.lies = {};
    await cast.write(ann, bo, "passed on again");
    expect(await cast.read(bo)).toEqual(["passed on again"]);
    cast.expectTruth();
  });

  it("can so lead a sender out of its recipient's sight, until the next founding", async () => {
    await cast.write(ann, bo, "kept by the relay");
    expect(await cast.read(bo)).toEqual(["kept by the relay"]);
    cast.relay.lies.deposit = () => ({ state: "delivered" });
    for (let i = 0; i <= LOOK_AHEAD; i++) await cast.write(ann, bo, `dropped, ${i} of many`);
    cast.relay.lies = {};
    await cast.write(ann, bo, "out of its sight");
    expect(await cast.read(bo)).toEqual([]);
    cast.relay.now += DAY;
    await cast.write(ann, bo, "in sight again");
    expect(await cast.read(bo)).toEqual(["in sight again"]);
    cast.expectTruth();
  });

  it("can answer a deposit with nonsense: the text stays queued, and the same octets go again", async () => {
    const answers = [
      null,
      0,
      "",
      [],
      {},
      { state: "read" },
      { state: "held", heldUntil: "soon" },
      { state: 1 },
    ];
    const { exchanges } = cast.relay.traffic;
    for (const [i, answer] of answers.entries()) {
      const text = `answered with nonsense, ${i}`;
      cast.relay.lies.deposit = saying(answer);
      const from = exchanges.length;
      expect((await cast.write(ann, bo, text)).state, JSON.stringify(answer)).toBe("queued");
      cast.relay.lies = {};
      await ann.device.flush();
      const sent = exchanges.slice(from).filter(({ path }) => path.endsWith("/messages"));
      expect(sent.length).toBe(2);
      expect(sent[0]?.body).toEqual(sent[1]?.body);
      expect(await cast.read(bo)).toEqual([text]);
    }
    cast.expectTruth();
  });

  it("can claim any state and any time of a deposit, and it changes nothing for the recipient", async () => {
    const answers = [
      { state: "undecided" },
      { state: "held", heldUntil: 0 },
      { state: "held", heldUntil: -1 },
      { state: "held", heldUntil: Number.MAX_SAFE_INTEGER },
      { state: "revoked" },
      { state: "expired" },
      "mailbox-full",
      "not-authorized",
    ];
    for (const [i, answer] of answers.entries()) {
      cast.relay.lies.deposit = saying(answer);
      await cast.write(ann, bo, `said to be otherwise, ${i}`);
      cast.relay.now += 1000;
    }
    cast.relay.lies = {};
    await cast.write(ann, bo, "the one after it");
    const read = await cast.read(bo);
    expect(read.length).toBe(answers.length + 1);
    expect(read.at(-1)).toBe("the one after it");
    cast.expectTruth();
  });

  it("can say that a revocable text was erased after it gave a proof of the contrary: it is read, and once", async () => {
    const sent = await cast.write(ann, bo, "taken back in time", { revocable: true });
    const snapshot = cast.relay.mailboxes.snapshot();
    expect(await ann.device.revoke(sent.id)).toMatchObject({ state: "revoked", proof: expect.any(String) });
    cast.relay.mailboxes.restore(snapshot);
    expect(await cast.read(bo)).toEqual(["taken back in time"]);
    cast.relay.mailboxes.restore(snapshot);
    expect(await cast.read(bo)).toEqual([]);
    cast.expectTruth();
  });

  it("can say that a revocable text was not erased: it is never shown", async () => {
    await cast.write(ann, bo, "never to be shown", { revocable: true });
    cast.relay.lies.erase = saying({ erased: [] });
    expect(await cast.read(bo)).toEqual([]);
    cast.relay.lies = {};
    await cast.restart(bo);
    expect(await cast.read(bo)).toEqual([]);
    await cast.write(ann, bo, "the next one");
    expect(await cast.read(bo)).toEqual(["the next one"]);
    cast.expectTruth();
  });

  it("can refuse to say: a revocable text waits unseen until it does", async () => {
    await cast.write(ann, bo, "in the balance", { revocable: true });
    cast.relay.lies.erase = () => "unavailable";
    await expect(cast.read(bo)).rejects.toThrow();
    await cast.restart(bo);
    await expect(cast.read(bo)).rejects.toThrow();
    cast.relay.lies = {};
    expect(await cast.read(bo)).toEqual(["in the balance"]);
    cast.expectTruth();
  });
});

describe("what a relay sees", () => {
  it("of a deposit: whose mailbox, with which token, when, for how long, and one of six sizes", async () => {
    const cast = new Cast();
    const [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
    const from = cast.relay.traffic.exchanges.length;
    for (const length of [1, 3000, 7000]) await cast.write(ann, bo, `a long story: ${"x".repeat(length)}`);
    const shown = cast.relay.traffic.exchanges
      .slice(from)
      .filter(({ path }) => path.startsWith("/v1/mailboxes/"));
    expect(shown.length).toBe(4);
    for (const { path, method, headers, body } of shown) {
      const claim = path.endsWith("/claims");
      expect(method).toBe("POST");
      expect(path).toBe(`/v1/mailboxes/${bo.address}/${claim ? "one-time-keys/claims" : "messages"}`);
      expect(Object.keys(headers).sort()).toEqual(
        claim ? ["authorization"] : ["authorization", "content-type", "ttl"],
      );
      expect(claim ? [0] : SIZE_CLASSES).toContain(body.length);
    }
    const deposits = shown.filter(({ body }) => body.length > 0).map(({ body }) => body.length);
    expect(deposits).toEqual([2048, 4096, 8192]);
    expect(JSON.stringify(shown)).not.toContain(ann.address);
    cast.expectTruth();
  });

  it("is searched in every spelling that octets have on the way", async () => {
    const cast = new Cast();
    const needle = Buffer.from("a text that leaked");
    for (const before of ["", "x", "xx", "xxx"])
      for (const spelling of ["utf8", "hex", "base64", "base64url"] as const) {
        const leak = Buffer.concat([Buffer.from(before), needle, Buffer.from("…and on")]).toString(spelling);
        cast.relay.traffic.exchanges.length = 0;
        await cast.relay.platform.fetch(`${cast.relay.origin}/v1/notice`, { method: "POST", body: leak });
        expect(cast.relay.traffic.shows(needle), `${spelling} after “${before}”`).toBe(true);
        expect(cast.relay.traffic.shows(Buffer.from("a text that did not"))).toBe(false);
      }
  });
});
