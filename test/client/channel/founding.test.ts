import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as independent from "hpke";
import { describe, expect, it } from "vitest";
import { encodeMessage } from "../../../src/client/channel/content.ts";
import { channelStatement, encodeFounding } from "../../../src/client/channel/founding.ts";
import { foundingInfo, sealFounding } from "../../../src/client/channel/founding-envelope.ts";
import type { ChannelIdentity } from "../../../src/client/channel/identity.ts";
import { associatedData } from "../../../src/client/channel/message.ts";
import { getPrivateKey } from "../../../src/client/channel/pool.ts";
import { SIZE_CLASSES } from "../../../src/protocol/envelope.ts";
import { DAY, KEY_KEPT, KEY_SERVED } from "../../../src/protocol/limits.ts";
import { keyHash, keyId, type OneTimeKey } from "../../../src/protocol/one-time-key.ts";
import {
  type Actor,
  acquainted,
  actor,
  bodyOf,
  claim,
  copyOf,
  entriesOf,
  flip,
  open,
  opened,
  START,
  seal,
  sealOne,
  trySeal,
  WEEK,
} from "./scene.ts";

const HELLO = encodeMessage({ head: { sentAt: START, known: 0 }, counter: 0, content: { kind: "bare" } });

/** A founding as a dishonest founder could make it. */
async function forge(
  to: Actor,
  key: OneTimeKey,
  by: { claims: ChannelIdentity; signs: ChannelIdentity },
  signedFor: { recipient?: Actor; hash?: Uint8Array; created?: number } = {},
): Promise<Uint8Array> {
  const claims = { secret: new Uint8Array(32).fill(7), founder: by.claims.address, created: START };
  const recipient = (signedFor.recipient ?? to).identity.address;
  const signature = by.signs.sign(
    channelStatement(
      { ...claims, created: signedFor.created ?? START },
      recipient,
      signedFor.hash ?? keyHash(key.publicKey),
    ),
  );
  const sealed = await sealFounding(
    { ...claims, signature },
    to.identity.address,
    key.publicKey,
    HELLO,
    2048,
  );
  if (sealed === undefined) throw new Error("not sealed");
  return sealed.bytes;
}

describe("founding a channel", () => {
  it("asks for a key first, and changes nothing until it has one", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const before = entriesOf(ann);
    expect(await trySeal(ann, bo, "hello")).toEqual({ outcome: "key-needed" });
    expect(entriesOf(ann)).toEqual(before);
  });

  it("rides along with the first text, in the smallest envelope, and opens with the founder's address", async () => {
    const [ann, bo] = [await actor(), await actor(4, START, "eu")];
    const replyTo = { token: "A".repeat(66), relay: "https://relay.example" };
    const envelope = await sealOne(ann, bo, "a".repeat(300), { replyTo });
    expect(envelope).toMatchObject({ ttlSeconds: WEEK, carriesContent: true, revocable: false, position: 0 });
    expect(envelope.bytes.length).toBe(2048);
    const result = await opened(bo, envelope);
    expect(result.from).toEqual(ann.identity.address);
    expect(result.founderLostState).toBe(false);
    expect(result.channelId).toEqual(envelope.channelId);
    expect(result.message).toMatchObject({
      head: { replyTo },
      counter: 1,
      content: { kind: "text", body: "a".repeat(300) },
    });
  });

  it("holds 300 octets of text in 2 KiB with the longest origin and everything else said", async () => {
    const [ann, bo] = [await actor(), await actor(4, START, "fedrampx")];
    await acquainted(bo, ann);
    const replyTo = { token: "A".repeat(66), relay: `https://${"a".repeat(120)}` };
    const envelope = await sealOne(ann, bo, "a".repeat(300), { replyTo });
    expect(envelope.bytes.length).toBe(2048);
    expect((await opened(bo, envelope)).message.head.heard).toBeDefined();
  });

  it("goes ahead alone when the text is short-lived, revocable or too long to ride along", async () => {
    const cases = [
      { ttlSeconds: WEEK - 1 },
      { ttlSeconds: 0 },
      { revocable: true },
      { body: "a".repeat(64_500) },
    ];
    for (const { body = "hello", ...options } of cases) {
      const [ann, bo] = [await actor(), await actor()];
      const [founding, text, ...more] = await seal(ann, bo, body, options);
      if (founding === undefined || text === undefined) throw new Error("two envelopes expected");
      expect(more).toEqual([]);
      expect(founding).toMatchObject({
        ttlSeconds: WEEK,
        revocable: false,
        carriesContent: false,
        position: 0,
      });
      expect(text).toMatchObject({ ttlSeconds: WEEK, revocable: false, ...options, position: 1 });
      expect((await opened(bo, founding)).message.content.kind).toBe("bare");
      expect(await bodyOf(bo, text)).toBe(body);
    }
  });

  it("takes no text that fits no envelope, and claims no key for it", async () => {
    const [ann, bo] = [await actor(), await actor()];
    expect(await trySeal(ann, bo, "a".repeat(65_536))).toEqual({ outcome: "too-long" });
    expect(await trySeal(ann, bo, "a".repeat(65_400))).toEqual({ outcome: "too-long" });
    expect(await trySeal(ann, bo, "a".repeat(65_350))).toEqual({ outcome: "key-needed" });
  });

  it("refuses a key that is not the peer's own, was changed, or is over", async () => {
    const [ann, bo, eve] = [await actor(), await actor(), await actor()];
    const own = claim(bo);
    const refused: [OneTimeKey, number][] = [
      [claim(eve), START],
      [{ ...own, publicKey: claim(eve).publicKey }, START],
      [{ ...own, lastResort: true }, START],
      [{ ...own, expires: own.expires + 1 }, START],
      [own, START + KEY_SERVED],
    ];
    const before = entriesOf(ann);
    for (const [claimed, now] of refused)
      expect(await trySeal(ann, bo, "hello", { claimed, now })).toEqual({ outcome: "key-refused" });
    expect(entriesOf(ann)).toEqual(before);
  });

  it("seals no two foundings alike, whatever is sealed again", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const claimed = claim(bo);
    const twin = await copyOf(ann);
    const one = await sealOne(ann, bo, "hello", { claimed });
    const two = await sealOne(twin, bo, "hello", { claimed });
    expect(one.channelId).not.toEqual(two.channelId);
  });

  it("seals nothing to itself, and for no time that is none", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await expect(trySeal(ann, ann, "hello")).rejects.toThrow(RangeError);
    for (const ttlSeconds of [-1, 0.5, WEEK + 1])
      await expect(trySeal(ann, bo, "hello", { ttlSeconds })).rejects.toThrow(RangeError);
  });
});

describe("opening a founding", () => {
  it("destroys the one-time key, so that the vault cannot open it again", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const key = claim(bo);
    const envelope = await sealOne(ann, bo, "hello", { claimed: key });
    await opened(bo, envelope);
    expect(await bo.vault.transaction((draft) => getPrivateKey(draft, keyId(key.publicKey), START))).toBe(
      undefined,
    );
    expect(await open(bo, envelope)).toEqual({ outcome: "double" });
    const thief = await copyOf(bo);
    await thief.vault.transaction((draft) => {
      for (const [name] of draft.list("opened/")) draft.delete(name);
    });
    expect(await open(thief, envelope)).toEqual({ outcome: "unknown" });
  });

  it("refuses any change of it, changes nothing, and still opens the true one", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "hello");
    const before = entriesOf(bo);
    const places = [0, 1, 16, 17, 500, 1104, 1105, 1136, 1137, 1200, 1350, 1351, 1374, 1375, 1800, 2047];
    for (const at of places) {
      const result = await open(bo, flip(bytes, at));
      expect(result.outcome, `bit at ${at}`).toBe(at > 0 && at < 17 ? "unknown" : "refused");
    }
    for (const size of [0, 1, 17, 2047])
      expect((await open(bo, bytes.slice(0, size))).outcome).toBe("refused");
    const longer = new Uint8Array(4096);
    longer.set(bytes);
    expect((await open(bo, longer)).outcome).toBe("refused");
    expect(entriesOf(bo)).toEqual(before);
    expect(await bodyOf(bo, bytes)).toBe("hello");
  });

  it("is not for another device, nor for another key of the same", async () => {
    const [ann, bo, eve] = [await actor(), await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "hello");
    expect((await open(eve, bytes)).outcome).toBe("unknown");
    // Even with Bo's private keys: `info` names him.
    const thief = await copyOf(bo, eve.identity);
    const before = entriesOf(thief);
    expect((await open(thief, bytes)).outcome).toBe("refused");
    expect(entriesOf(thief)).toEqual(before);
    const swapped = bytes.slice();
    swapped.set(keyId(claim(bo).publicKey), 1);
    expect((await open(bo, swapped)).outcome).toBe("refused");
    expect(await bodyOf(bo, bytes)).toBe("hello");
  });

  it("refuses what the named founder did not sign, for this device, this key and this secret", async () => {
    const [ann, bo, eve] = [await actor(), await actor(), await actor()];
    const key = claim(bo);
    const honest = { claims: ann.identity, signs: ann.identity };
    const refused = [
      await forge(bo, key, { claims: ann.identity, signs: eve.identity }),
      await forge(bo, key, honest, { recipient: eve }),
      await forge(bo, key, honest, { hash: keyHash(claim(eve).publicKey) }),
      await forge(bo, key, honest, { created: START + 1 }),
      await forge(bo, key, { claims: bo.identity, signs: bo.identity }),
    ];
    const before = entriesOf(bo);
    for (const bytes of refused) expect((await open(bo, bytes)).outcome).toBe("refused");
    expect(entriesOf(bo)).toEqual(before);
    expect((await open(bo, await forge(bo, key, honest))).outcome).toBe("opened");
  });

  it("takes a founding on the last-resort key once, and another on it as well", async () => {
    const [ann, cy, bo] = [await actor(), await actor(), await actor(0)];
    const one = await sealOne(ann, bo, "from Ann");
    const two = await sealOne(cy, bo, "from Cy");
    expect(one.bytes.slice(0, 17)).toEqual(two.bytes.slice(0, 17));
    expect(await bodyOf(bo, one)).toBe("from Ann");
    expect(await open(bo, one)).toEqual({ outcome: "double" });
    expect(await bodyOf(bo, two)).toBe("from Cy");
    // The key is still there, and the mark of the double may be gone: its channel is remembered as long.
    await bo.vault.transaction((draft) => {
      for (const [name] of draft.list("opened/")) draft.delete(name);
    });
    const before = entriesOf(bo);
    expect(await open(bo, one, START + 10 * DAY)).toEqual({ outcome: "double" });
    expect(entriesOf(bo)).toEqual(before);
  });

  it("opens as long as its key is kept, and not a moment longer", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const one = await sealOne(ann, bo, "one", { now: START + KEY_SERVED - 1 });
    const [cy] = [await actor()];
    const two = await sealOne(cy, bo, "two", { now: START + KEY_SERVED - 1 });
    expect(await bodyOf(bo, one, START + KEY_KEPT - 1)).toBe("one");
    expect(await open(bo, two, START + KEY_KEPT)).toEqual({ outcome: "unknown" });
  });

  it("opens what an independent HPKE sealed, and is opened by it", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const suite = new independent.CipherSuite(
      independent.KEM_MLKEM768_X25519,
      independent.KDF_HKDF_SHA256,
      independent.AEAD_ChaCha20Poly1305,
    );
    const key = claim(bo);
    const hash = keyHash(key.publicKey);
    const info = foundingInfo(bo.identity.address, hash);
    const aad = associatedData(keyId(key.publicKey), 2048);
    const claims = { secret: new Uint8Array(32).fill(9), founder: ann.identity.address, created: START };
    const signature = ann.identity.sign(channelStatement(claims, bo.identity.address, hash));
    const founding = { ...claims, signature };
    const mine = await sealFounding(founding, bo.identity.address, key.publicKey, HELLO, SIZE_CLASSES[0]);
    const stored = await bo.vault.transaction((draft) => getPrivateKey(draft, keyId(key.publicKey), START));
    if (mine === undefined || stored === undefined) throw new Error("not made");
    const privateKey = await suite.DeserializePrivateKey(stored.privateKey);
    const read = await suite.Open(privateKey, mine.bytes.slice(17, 1137), mine.bytes.slice(1137, 1351), {
      info,
      aad,
    });
    expect(read).toEqual(encodeFounding(founding));

    const publicKey = await suite.DeserializePublicKey(key.publicKey);
    const theirs = await suite.Seal(publicKey, encodeFounding(founding), { info, aad });
    const bytes = mine.bytes.slice();
    bytes.set(theirs.encapsulatedSecret, 17);
    bytes.set(theirs.ciphertext, 1137);
    expect((await opened(bo, bytes)).from).toEqual(ann.identity.address);
  });

  it("says nothing of the founder or the text to who looks at it", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "a text in the clear");
    const seen = String.fromCharCode(...bytes);
    for (const word of ["a text in the clear", ann.identity.address.text, bo.identity.address.text])
      expect(seen.includes(word)).toBe(false);
    expect(Buffer.from(bytes).includes(Buffer.from(ann.identity.address.publicKey))).toBe(false);
    expect(utf8ToBytes(seen).length).toBeGreaterThan(bytes.length);
  });
});
