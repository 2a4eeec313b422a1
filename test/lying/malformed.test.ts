import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { SIZE_CLASSES } from "../../src/protocol/envelope.ts";
import { DAY, KEY_KEPT, KEY_SERVED } from "../../src/protocol/limits.ts";
import { keyId } from "../../src/protocol/one-time-key.ts";
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
  sealOne,
} from "../client/channel/scene.ts";

/** Where the parts of an envelope begin and end (docs/channels.md). */
const FOUNDING_REGIONS = (size: number): Record<string, [from: number, to: number]> => ({
  version: [0, 1],
  "key id": [1, 17],
  "encapsulated secret, X25519 or ML-KEM": [17, 1137],
  "HPKE ciphertext": [1137, 1335],
  "HPKE tag": [1335, 1351],
  nonce: [1351, 1375],
  "sealed message 0": [1375, size - 16],
  MAC: [size - 16, size],
});
const MESSAGE_REGIONS = (size: number): Record<string, [from: number, to: number]> => ({
  version: [0, 1],
  tag: [1, 17],
  nonce: [17, 41],
  "sealed body": [41, size - 16],
  MAC: [size - 16, size],
});

/** It is refused, unknown or a double, says nothing more, and not one entry of the vault is another. */
async function expectNothing(by: Actor, bytes: Uint8Array, what: string, now = START): Promise<string> {
  const before = entriesOf(by);
  const result = await open(by, bytes, now);
  expect(["refused", "unknown", "double"], what).toContain(result.outcome);
  expect(Object.keys(result), what).toEqual(["outcome"]);
  expect(entriesOf(by), what).toEqual(before);
  return result.outcome;
}

/** First, middle and last octet of each region. */
function places(regions: Record<string, [from: number, to: number]>): [what: string, at: number][] {
  return Object.entries(regions).flatMap(([what, [from, to]]) =>
    [from, (from + to) >> 1, to - 1].map((at): [string, number] => [`${what}, octet ${at}`, at]),
  );
}

/** Other lengths than its own: cut within and to every smaller class, and filled up to every larger one. */
function resized(bytes: Uint8Array): Uint8Array[] {
  const sizes = [0, 1, 16, 17, 41, 1136, 1351, bytes.length - 1, bytes.length + 1, ...SIZE_CLASSES];
  return sizes
    .filter((size) => size !== bytes.length)
    .map((size) => {
      const other = new Uint8Array(size);
      other.set(bytes.subarray(0, size));
      return other;
    });
}

describe("an envelope that was changed on its way", () => {
  let ann: Actor;
  let bo: Actor;
  beforeEach(async () => {
    [ann, bo] = [await actor(), await actor(8)];
  });

  it.each(SIZE_CLASSES)(
    "as a founding of %i octets changes nothing, and the true one opens",
    async (size) => {
      const body = "f".repeat(size - 1700);
      const { bytes } = await sealOne(ann, bo, body);
      expect(bytes.length).toBe(size);
      for (const [what, at] of places(FOUNDING_REGIONS(size))) await expectNothing(bo, flip(bytes, at), what);
      for (const other of resized(bytes)) await expectNothing(bo, other, `${other.length} octets`);
      expect(await bodyOf(bo, bytes)).toBe(body);
      await expectNothing(bo, bytes, "again");
    },
  );

  it.each(SIZE_CLASSES)("as a message of %i octets changes nothing, and the true one opens", async (size) => {
    await acquainted(ann, bo);
    const body = "m".repeat(size - 400);
    const { bytes } = await sealOne(ann, bo, body);
    expect(bytes.length).toBe(size);
    for (const [what, at] of places(MESSAGE_REGIONS(size))) await expectNothing(bo, flip(bytes, at), what);
    for (const other of resized(bytes)) await expectNothing(bo, other, `${other.length} octets`);
    expect(await bodyOf(bo, bytes)).toBe(body);
    for (const [what, at] of places(MESSAGE_REGIONS(size)))
      await expectNothing(bo, flip(bytes, at), `after it was opened: ${what}`);
  });

  it("anywhere and in any way changes nothing", async () => {
    const founding = await sealOne(ann, bo, "hello");
    const held = await sealOne(ann, bo, "held back until the founding has come");
    await acquainted(bo, ann);
    const [ready, waiting] = [await actor(), bo];
    await acquainted(ann, ready);
    const message = await sealOne(ann, ready, "ready to be opened");
    const cases: [Actor, Uint8Array][] = [
      [waiting, founding.bytes],
      [waiting, held.bytes],
      [ready, message.bytes],
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...cases),
        fc.uniqueArray(fc.tuple(fc.nat(2047), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
          selector: ([at]) => at,
        }),
        async ([by, bytes], changes) => {
          const changed = bytes.slice();
          for (const [at, mask] of changes) changed[at] = (changed[at] ?? 0) ^ mask;
          await expectNothing(by, changed, JSON.stringify(changes));
        },
      ),
      { numRuns: 200 },
    );
    expect(await bodyOf(bo, founding)).toBe("hello");
    expect(await bodyOf(bo, held)).toBe("held back until the founding has come");
    expect(await bodyOf(ready, message)).toBe("ready to be opened");
  });

  it("with the parts of two others, or from another place, changes nothing", async () => {
    const cy = await actor();
    const one = (await sealOne(ann, bo, "from Ann")).bytes;
    const two = (await sealOne(cy, bo, "from Cy")).bytes;
    const cuts = [17, 1137, 1335, 1351, 1375, 2032];
    for (const at of cuts)
      for (const [head, tail] of [
        [one, two],
        [two, one],
      ] as const)
        await expectNothing(bo, concatBytes(head.slice(0, at), tail.slice(at)), `cut at ${at}`);
    expect(await bodyOf(bo, one)).toBe("from Ann");
    expect(await bodyOf(bo, two)).toBe("from Cy");
  });
});

describe("an envelope in other hands", () => {
  it("as a founding replayed to another device is unknown there, and useless with its very keys", async () => {
    const [ann, bo, eve] = [await actor(), await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "for Bo");
    expect(await expectNothing(eve, bytes, "another device")).toBe("unknown");
    const thief = await copyOf(bo, eve.identity);
    expect(await expectNothing(thief, bytes, "another name, the same keys")).toBe("refused");
    const renamed = bytes.slice();
    renamed.set(keyId(claim(eve).publicKey), 1);
    expect(await expectNothing(eve, renamed, "under a key of that device's")).toBe("refused");
    const other = bytes.slice();
    other.set(keyId(claim(bo).publicKey), 1);
    expect(await expectNothing(bo, other, "under another key of the same")).toBe("refused");
    expect(await bodyOf(bo, bytes)).toBe("for Bo");
  });

  it("as a founding replayed after its key's life is unknown, opened before or not", async () => {
    for (const keys of [0, 2]) {
      const [ann, cy, bo] = [await actor(), await actor(), await actor(keys)];
      const read = await sealOne(ann, bo, "read in time");
      const late = await sealOne(cy, bo, "too late", { now: START + KEY_SERVED - 1 });
      await opened(bo, read);
      for (const now of [START, START + 8 * DAY, START + KEY_KEPT - 1])
        expect(await expectNothing(bo, read.bytes, "again", now)).toBe("double");
      await expectNothing(bo, read.bytes, "after the key's life", START + KEY_KEPT);
      expect(await expectNothing(bo, late.bytes, "late", START + KEY_KEPT)).toBe("unknown");
    }
  });

  it("under a tag that was guessed is unknown, and refused under one that was seen", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const { bytes } = await sealOne(ann, bo, "under its tag");
    for (let i = 0; i < 1000; i++) {
      const guessed = randomBytes(2048);
      guessed[0] = 0x01;
      expect(await expectNothing(bo, guessed, "guessed")).toBe("unknown");
    }
    for (let bit = 0; bit < 128; bit++) {
      const near = bytes.slice();
      near[1 + (bit >> 3)] = (near[1 + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
      expect(await expectNothing(bo, near, `bit ${bit} of the tag`)).toBe("unknown");
    }
    for (const size of SIZE_CLASSES) {
      const seen = randomBytes(size);
      seen.set(bytes.slice(0, 17));
      expect(await expectNothing(bo, seen, "another body under the tag")).toBe("refused");
    }
    expect(await bodyOf(bo, bytes)).toBe("under its tag");
  });
});
