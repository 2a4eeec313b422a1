import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeMessage } from "../../src/client/channel/content.ts";
import { openFounding, sealFounding } from "../../src/client/channel/founding-envelope.ts";
import { getPrivateKey } from "../../src/client/channel/pool.ts";
import { formatAddress, parseAddress } from "../../src/protocol/address.ts";
import { KEY_ID_SIZE, type OneTimeKey, oneTimeKeyStatement } from "../../src/protocol/one-time-key.ts";
import {
  type Actor,
  acquainted,
  actor,
  bodyOf,
  claim,
  entriesOf,
  open,
  opened,
  START,
  sealOne,
  trySeal,
} from "../client/channel/scene.ts";
import { BARE, type Forgery, forgeFounding, forgeMessage } from "./forging.ts";

async function expectRefused(by: Actor, bytes: Uint8Array, what: string): Promise<void> {
  const before = entriesOf(by);
  expect(await open(by, bytes), what).toEqual({ outcome: "refused" });
  expect(entriesOf(by), what).toEqual(before);
}

/** Sets octets of a founding. */
const put =
  (at: number, ...octets: number[]) =>
  (founding: Uint8Array) => {
    const changed = founding.slice();
    changed.set(octets, at);
    return changed;
  };

describe("a founding that is wrong inside", () => {
  let ann: Actor;
  let bo: Actor;
  let eve: Actor;
  let key: OneTimeKey;
  beforeEach(async () => {
    [ann, bo, eve] = [await actor(), await actor(), await actor()];
    key = claim(bo);
  });

  /** Each is refused; and then, with nothing forged, the same founding opens. */
  async function expectAllRefused(forgeries: Record<string, Forgery>): Promise<void> {
    for (const [what, forgery] of Object.entries(forgeries))
      await expectRefused(bo, await forgeFounding(ann, bo, key, forgery), what);
    expect((await opened(bo, await forgeFounding(ann, bo, key))).from).toEqual(ann.identity.address);
  }

  it("in its form is refused", async () => {
    await expectAllRefused({
      "an address of no octets": { change: put(32, 0) },
      "an address longer than its place": { change: put(32, 53) },
      "an address an octet short": { change: put(32, 42) },
      "an address with another letter": { change: put(33, 0x2b) },
      "an address that is not ASCII": { change: put(40, 0xc3) },
      "octets behind the address": { change: put(84, 1) },
      "a previous channel of a third kind": { change: put(85, 2) },
      "a previous channel that is none": { change: put(86, 1) },
      "messages on a channel that is none": { change: put(125, 1) },
      "a time beyond 2^53": { change: put(126, 0x00, 0x20) },
      "a time of the highest bit": { change: put(126, 0x80) },
    });
  });

  it("in what it claims, under a signature for something else, is refused", async () => {
    const previous = { channelId: new Uint8Array(32).fill(1), sealed: 3 };
    await expectAllRefused({
      "another secret": { change: put(0, 1) },
      "another time": { change: put(133, 1) },
      "another founder": { claims: { founder: eve.identity.address } },
      "the recipient as its founder": { claims: { founder: bo.identity.address } },
      "a previous channel added": {
        change: (founding) => put(85, 1, ...previous.channelId)(founding),
      },
      "an address with a jurisdiction added": {
        change: (founding) => put(32, 46)(put(76, ...Buffer.from(".eu"))(founding)),
      },
    });
  });

  it("with a signature that is another's, made for another statement, or none, is refused", async () => {
    const foreign = eve.identity.sign(BARE);
    const ofKey = ann.identity.sign(oneTimeKeyStatement(bo.identity.address.text, key));
    await expectAllRefused({
      "zeros for one": { claims: { signature: new Uint8Array(64) } },
      "another's": { claims: { signature: foreign } },
      "its own, over a key": { claims: { signature: ofKey } },
      "a bit of R": { change: put(134, 0xff, 0xff) },
      "a bit of S": { change: (founding) => put(197, (founding[197] ?? 0) ^ 1)(founding) },
      "the same with the group's order added to S": {
        change: (founding) => {
          const s = bytesToNumberLE(founding.slice(166, 198)) + ed25519.Point.Fn.ORDER;
          return put(166, ...numberToBytesLE(s, 32))(founding);
        },
      },
    });
  });

  it("by an address of small order, which any signature fits, is refused", async () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const founder = parseAddress(formatAddress(identity, ""));
    if (founder === undefined) throw new Error("no address");
    const signature = concatBytes(identity, new Uint8Array(32));
    await expectAllRefused({ "of the identity point": { claims: { founder, signature } } });
  });

  it("by the recipient itself, properly signed, is refused", async () => {
    await expectRefused(bo, await forgeFounding(bo, bo, key), "of its own");
  });

  it("in its seal is refused", async () => {
    await expectAllRefused({
      "made for another device": { recipient: eve },
      "made for another key": { named: claim(bo) },
      "made for another size": { saidSize: 4096 },
    });
  });

  it("in its first message is refused, whole", async () => {
    const forgeries = Object.entries(malformed()).map(([what, plaintext]) => [what, { plaintext }]);
    await expectAllRefused(Object.fromEntries(forgeries));
  });

  it("made of one that its recipient got from somebody is refused by everybody else", async () => {
    const cy = await actor();
    const { bytes } = await sealOne(ann, bo, "from Ann to Bo", { claimed: key });
    const half = getPrivateKey(bo.vault, bytes.slice(1, 1 + KEY_ID_SIZE), START);
    const read = half && (await openFounding(bytes, bo.identity.address, half));
    if (read === undefined) throw new Error("not opened");
    const theirs = claim(cy).publicKey;
    const again = await sealFounding(read.founding, cy.identity.address, theirs, read.plaintext, 2048);
    if (again === undefined) throw new Error("not sealed");
    await expectRefused(cy, again.bytes, "re-sealed to Cy");
    const onAnother = await sealFounding(
      read.founding,
      bo.identity.address,
      claim(bo).publicKey,
      read.plaintext,
      2048,
    );
    if (onAnother === undefined) throw new Error("not sealed");
    await expectRefused(bo, onAnother.bytes, "re-sealed to Bo on another key");
    expect(await bodyOf(bo, bytes)).toBe("from Ann to Bo");
  });
});

describe("a message that is wrong inside", () => {
  it("in its form is refused, and the true one of its place opens", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    for (const [what, plaintext] of Object.entries(malformed()))
      await expectRefused(bo, forgeMessage(ann, bo, plaintext), what);
    expect(await bodyOf(bo, await sealOne(ann, bo, "the true one"))).toBe("the true one");
  });

  it("as a text re-sealed to a third person is refused: it is of another conversation", async () => {
    const [ann, bo, cy] = [await actor(), await actor(), await actor()];
    await acquainted(bo, cy);
    const { message } = await opened(bo, await sealOne(ann, bo, "from Ann to Bo"));
    await expectRefused(cy, forgeMessage(bo, cy, encodeMessage(message)), "as it was");
    const founding = await forgeFounding(bo, cy, claim(cy), { plaintext: encodeMessage(message) });
    await expectRefused(cy, founding, "in a founding");
    const resealed = await trySeal(bo, cy, "", { content: message.content });
    if (resealed.outcome !== "sealed") throw new Error("not sealed");
    for (const { bytes } of resealed.envelopes) await expectRefused(cy, bytes, "by the SDK");
  });
});

/** Contents that no honest device makes, in 2 KiB beside a founding. */
function malformed(): Record<string, Uint8Array> {
  const text = encodeMessage({
    head: { sentAt: START, known: 0 },
    counter: 1,
    content: {
      kind: "text",
      id: new Uint8Array(16),
      conversation: new Uint8Array(16),
      members: new Uint8Array(32),
      revocable: false,
      body: "of no conversation",
    },
  });
  return {
    nothing: new Uint8Array(),
    "a kind that is none": BARE.with(0, 0x7f),
    "a flag that is none": BARE.with(1, 0x40),
    "a revocable founding": BARE.with(1, 0x01),
    "a head cut short": BARE.slice(0, -1),
    "octets behind it": concatBytes(BARE, Uint8Array.of(0)),
    "a time beyond 2^53": BARE.with(2, 0x80),
    "what was heard, missing": BARE.with(1, 0x02),
    "a key for the next founding, missing": BARE.with(1, 0x10),
    "a text without its address": text.slice(0, 40),
    "a text of a conversation that is not theirs": text,
    "a text that is no UTF-8": concatBytes(text, Uint8Array.of(0xff)),
    "a part of one": concatBytes(Uint8Array.of(0x02), text.slice(1)),
    "a receipt of nothing": concatBytes(BARE.with(0, 0x03), Uint8Array.of(1)),
    "a receipt of a third kind": concatBytes(BARE.with(0, 0x03), Uint8Array.of(3), new Uint8Array(16)),
    "a receipt cut short": concatBytes(BARE.with(0, 0x03), Uint8Array.of(1), new Uint8Array(15)),
  };
}
