import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { beforeEach, describe, expect, it } from "vitest";
import { generateKeyPair } from "../../src/client/channel/hpke.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { encodeInteger } from "../../src/protocol/integer.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { keyId, type OneTimeKeyJson, oneTimeKeyStatement } from "../../src/protocol/one-time-key.ts";
import { Cast, type Member } from "./cast.ts";
import { saying } from "./relay.ts";

/** A key whose private half the relay has, signed by itself in the name of `address`. */
async function ownKey(address: string, now: number): Promise<OneTimeKeyJson> {
  const { publicKey } = await generateKeyPair();
  const key = { publicKey, lastResort: false, expires: now + DAY };
  const signature = ed25519.sign(oneTimeKeyStatement(address, key), ed25519.utils.randomSecretKey());
  return { ...key, publicKey: encodeBase64url(publicKey), signature: encodeBase64url(signature) };
}

describe("a relay that lies about keys", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  let cy: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
  });

  it("gets nothing sealed to a key that is not the recipient's own, as the recipient made it", async () => {
    const { relay } = cast;
    const theirs = relay.mailboxes.claim(bo.address) as OneTimeKeyJson;
    const own = await ownKey(bo.address, relay.now);
    const served: Record<string, OneTimeKeyJson | undefined> = {
      "its own, signed by itself": own,
      "its own, under the recipient's signature of another": { ...own, signature: theirs.signature },
      "the recipient's, signed by itself": { ...theirs, signature: own.signature },
      "the recipient's, said to last longer": { ...theirs, expires: theirs.expires + 1 },
      "a one-time key, said to be last-resort": { ...theirs, lastResort: true },
      "a third person's": relay.mailboxes.keys(cy.address)[0],
      "the sender's own": relay.mailboxes.keys(ann.address)[0],
    };
    for (const [what, key] of Object.entries(served)) {
      expect(key, what).toBeDefined();
      relay.lies.claim = () => key;
      const refused = expect(cast.write(ann, bo, `sealed to ${what}?`), what).rejects;
      await refused.toThrow("a key that is not the recipient's own");
    }
    expect(relay.mailboxes.held(bo.address)).toEqual([]);
    relay.lies.claim = () => theirs;
    await cast.write(ann, bo, "sealed to his own");
    expect(await cast.read(bo)).toEqual(["sealed to his own"]);
    cast.expectTruth();
  });

  it("gets nothing sealed to a key whose time is over", async () => {
    const old = cast.relay.mailboxes.claim(bo.address) as OneTimeKeyJson;
    cast.relay.now = old.expires;
    cast.relay.lies.claim = () => old;
    await expect(cast.write(ann, bo, "a text too late")).rejects.toThrow("not the recipient's own");
    expect(cast.relay.mailboxes.held(bo.address)).toEqual([]);
    cast.expectTruth();
  });

  it("gets nothing sealed to what is no key at all", async () => {
    const before = ann.vault.list("channel/");
    const answers = [null, 7, "", [], {}, { publicKey: 7 }, { publicKey: "", lastResort: false, expires: 0 }];
    for (const answer of answers) {
      cast.relay.lies.claim = () => answer;
      await expect(cast.write(ann, bo, "a text for nobody")).rejects.toThrow("holds no key");
    }
    expect(ann.vault.list("channel/")).toEqual(before);
    expect(cast.relay.mailboxes.held(bo.address)).toEqual([]);
    cast.expectTruth();
  });

  it("can serve one key to two people: the second's channel stays shut for a day, and no text changes hands", async () => {
    const { relay } = cast;
    const one = relay.mailboxes.claim(bo.address);
    relay.lies.claim = () => one;
    await cast.write(ann, bo, "from Ann, who came first");
    await cast.write(cy, bo, "from Cy, on the same key");
    await cast.write(cy, bo, "from Cy, on the same channel");
    expect(await cast.read(bo)).toEqual(["from Ann, who came first"]);
    relay.lies = {};
    relay.now += DAY;
    await cast.write(cy, bo, "from Cy, the next day");
    expect(await cast.read(bo)).toEqual(["from Cy, the next day"]);
    cast.expectTruth();
  });

  it("can serve the last-resort key to everybody, and still hands over each text once, long after too", async () => {
    const { relay } = cast;
    relay.lies.claim = (call) => relay.mailboxes.keys(call.address).at(-1);
    const kept = new Map<string, Uint8Array>();
    for (const [who, text] of [
      [ann, "from Ann herself"],
      [cy, "from Cy himself"],
    ] as const) {
      await cast.write(who, bo, text);
      kept.set(text, relay.mailboxes.held(bo.address).at(-1)?.body ?? new Uint8Array());
    }
    expect(await cast.read(bo)).toEqual(["from Ann herself", "from Cy himself"]);
    for (const days of [0, 8, 6]) {
      relay.now += days * DAY;
      for (const envelope of kept.values())
        relay.mailboxes.deposit(bo.address, { envelope, ttlSeconds: 60, key: undefined }, relay.now);
      await cast.restart(bo);
      expect(await cast.read(bo)).toEqual([]);
    }
    cast.expectTruth();
  });

  it("can say of a key it gave away that nobody claimed it: what was founded on it is then lost", async () => {
    const { relay } = cast;
    const given = relay.mailboxes.keys(bo.address)[0];
    const publicKey = decodeBase64url(given?.publicKey ?? "") ?? new Uint8Array();
    await cast.write(ann, bo, "founded on a key that is gone");
    relay.lies.pull = () => ({ messages: [], more: false });
    relay.lies.pool = saying({ unclaimed: [encodeBase64url(keyId(publicKey))] });
    relay.now += DAY;
    expect(await cast.read(bo)).toEqual([]);
    relay.lies = {};
    expect(await cast.read(bo)).toEqual([]);
    await cast.write(ann, bo, "founded on a new one");
    expect(await cast.read(bo)).toEqual(["founded on a new one"]);
    cast.expectTruth();
  });
});

describe("a contact that gave a key which is not its own", () => {
  it("is written to on a claimed one, and keeps no text to others back", async () => {
    const cast = new Cast();
    const [ann, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
    const foreign = cast.relay.mailboxes.claim(cy.address) as OneTimeKeyJson;
    const carried = concatBytes(
      decodeBase64url(foreign.publicKey) ?? new Uint8Array(),
      encodeInteger(foreign.expires),
      decodeBase64url(foreign.signature) ?? new Uint8Array(),
    );
    await ann.vault.transaction((draft) => draft.put(`channel/carried/${bo.address}`, carried));
    const { id } = await ann.device.createConversation([bo.address, cy.address]);
    await ann.device.send(id, "to both");
    await ann.device.flush();
    for (const member of [bo, cy]) expect(await cast.read(member)).toEqual(["to both"]);
    expect(cast.relay.mailboxes.keys(bo.address).length).toBeLessThan(
      cast.relay.mailboxes.keys(ann.address).length,
    );
  });
});
