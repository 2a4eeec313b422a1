import { describe, expect, it } from "vitest";
import { LOOK_AHEAD, MAX_LIVE_CHANNELS } from "../../../src/client/channel/limits.ts";
import { closeOutgoing } from "../../../src/client/channel/outgoing.ts";
import { dropKeys, makePool } from "../../../src/client/channel/pool.ts";
import { DAY, MAX_ONE_TIME_KEYS } from "../../../src/protocol/limits.ts";
import { keyId, verifyOneTimeKey } from "../../../src/protocol/one-time-key.ts";
import { actor, bodyOf, claim, entriesOf, open, opened, START, sealOne, WEEK } from "./scene.ts";

describe("one founder", () => {
  it("may have 64 channels open at a time, and more when the first have ended", async () => {
    const [ann, bo] = [await actor(), await actor(63)];
    bo.pool.push(...(await bo.vault.transaction((draft) => makePool(draft, bo.identity, START, 8))));
    const fresh = async (now: number) => {
      await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
      return sealOne(ann, bo, "x", { now });
    };
    for (let i = 0; i < MAX_LIVE_CHANNELS; i++) await opened(bo, await fresh(START));
    const beyond = await fresh(START);
    const before = entriesOf(bo);
    expect(await open(bo, beyond)).toEqual({ outcome: "refused" });
    expect(entriesOf(bo)).toEqual(before);
    const cy = await actor();
    expect((await open(bo, await sealOne(cy, bo, "hello"))).outcome).toBe("opened");
    expect((await open(bo, beyond, START + DAY + WEEK * 1000)).outcome).toBe("opened");
  }, 30_000);

  it("can make 1,000 keys be kept: beyond it the oldest go", async () => {
    const [ann, bo] = [await actor(), await actor(40)];
    const sealed: Uint8Array[] = [];
    for (let channel = 0; channel < 10; channel++) {
      await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
      await opened(bo, await sealOne(ann, bo, "founding"));
      for (let i = 0; i < LOOK_AHEAD - 1; i++) sealed.push((await sealOne(ann, bo, "skipped")).bytes);
      await opened(bo, await sealOne(ann, bo, "last"));
    }
    const outcomes = [];
    for (const bytes of sealed) outcomes.push((await open(bo, bytes)).outcome);
    const kept = 1000;
    expect(outcomes.slice(0, -kept).every((outcome) => outcome === "unknown")).toBe(true);
    expect(outcomes.slice(-kept).every((outcome) => outcome === "opened")).toBe(true);
    // Keys that were used make room again.
    await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
    await opened(bo, await sealOne(ann, bo, "founding"));
    const skipped = await sealOne(ann, bo, "skipped");
    await opened(bo, await sealOne(ann, bo, "last"));
    expect(await bodyOf(bo, skipped)).toBe("skipped");
  }, 60_000);
});

describe("a pool", () => {
  it("is signed keys that verify, the last of them last-resort, their halves in the vault alone", async () => {
    const bo = await actor(5);
    expect(bo.pool.map(({ lastResort }) => lastResort)).toEqual([false, false, false, false, false, true]);
    for (const key of bo.pool) expect(await verifyOneTimeKey(bo.identity.address, key, START)).toBe(true);
    expect(bo.vault.list("key/").length).toBe(6);
    await expect(
      bo.vault.transaction((d) => makePool(d, bo.identity, START, MAX_ONE_TIME_KEYS)),
    ).rejects.toThrow(RangeError);
  });

  it("replaced by another still opens what was founded on it, unless the relay says a key was unclaimed", async () => {
    const [ann, cy, bo] = [await actor(), await actor(), await actor()];
    const [one, two, three] = [claim(bo), claim(bo), claim(bo)];
    const held = await sealOne(ann, bo, "held", { claimed: one });
    const late = await sealOne(cy, bo, "late", { claimed: two });
    bo.pool = await bo.vault.transaction((draft) => makePool(draft, bo.identity, START + DAY, 4));
    expect(bo.vault.list("key/").length).toBe(10);
    await bo.vault.transaction((draft) => dropKeys(draft, [keyId(two.publicKey), keyId(three.publicKey)]));
    expect(await bodyOf(bo, held, START + DAY)).toBe("held");
    expect(await open(bo, late, START + DAY)).toEqual({ outcome: "unknown" });
  });
});
