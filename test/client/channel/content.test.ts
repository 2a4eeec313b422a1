import { randomBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Content,
  decodeMessage,
  encodeMessage,
  type Message,
  type OwnCopy,
} from "../../../src/client/channel/content.ts";
import type { Head } from "../../../src/client/channel/head.ts";
import { formatAddress } from "../../../src/protocol/address.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const integer = fc.nat(Number.MAX_SAFE_INTEGER);
const short = fc.nat(0xffff);
const some = fc.uint8Array({ minLength: 1, maxLength: 300 });
const address = fc
  .tuple(octets(32), fc.constantFrom("", "eu", "fedrampx"))
  .map(([publicKey, jurisdiction]) => formatAddress(publicKey, jurisdiction));

const optional = {
  heard: fc.record({ channelId: octets(32), reached: short }),
  replyTo: fc.record({
    token: octets(49).map(encodeBase64url),
    relay: fc
      .tuple(fc.constantFrom("https://", "http://"), fc.stringMatching(/^[a-z0-9.:-]{1,120}$/))
      .map((parts) => parts.join("")),
  }),
  devices: some,
  nextKey: fc.record({
    publicKey: octets(1216),
    lastResort: fc.constant(false),
    expires: integer,
    signature: octets(64),
  }),
};
const head: fc.Arbitrary<Head> = fc.record(
  { sentAt: integer, known: short, ...optional },
  { requiredKeys: ["sentAt", "known"] },
);
const copy: fc.Arbitrary<OwnCopy> = fc.record(
  { author: address, with: address },
  { requiredKeys: ["author"] },
);
const textAddress = {
  id: octets(16),
  conversation: octets(16),
  members: octets(32),
  revocable: fc.boolean(),
  copy,
};
const addressKeys = ["id", "conversation", "members", "revocable"] as const;
const text = fc.record(
  { kind: fc.constant("text" as const), ...textAddress, body: fc.string({ unit: "binary", maxLength: 400 }) },
  { requiredKeys: ["kind", "body", ...addressKeys] },
);
const place = fc
  .integer({ min: 2, max: 0xffff })
  .chain((count) => fc.record({ count: fc.constant(count), index: fc.nat(count - 1) }));
const part = fc
  .tuple(
    fc.record(
      { kind: fc.constant("part" as const), ...textAddress, wholeHash: octets(32), octets: some },
      { requiredKeys: ["kind", "wholeHash", "octets", ...addressKeys] },
    ),
    place,
  )
  .map(([rest, at]) => ({ ...rest, ...at, revocable: false }));
const unaddressed = fc.oneof(
  fc.constant({ kind: "bare" as const }),
  fc.record({
    kind: fc.constant("receipt" as const),
    what: fc.constantFrom("delivered" as const, "read" as const),
    ids: fc.array(octets(16), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constantFrom(
      "conversation" as const,
      "link-invitation" as const,
      "link-acceptance" as const,
      "own-state" as const,
    ),
    octets: fc.uint8Array({ maxLength: 300 }),
  }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ head, counter: integer, content: fc.oneof(text, part) as fc.Arbitrary<Content> }),
  fc.record({ head, counter: fc.constant(0), content: unaddressed as fc.Arbitrary<Content> }),
);

const HEAD: Head = { sentAt: 1, known: 0 };
const ADDRESS = {
  id: randomBytes(16),
  conversation: randomBytes(16),
  members: randomBytes(32),
  revocable: false,
};
const A_TEXT: Message = { head: HEAD, counter: 1, content: { kind: "text", ...ADDRESS, body: "a" } };
const A_PART: Message = {
  head: HEAD,
  counter: 1,
  content: {
    kind: "part",
    ...ADDRESS,
    wholeHash: randomBytes(32),
    index: 0,
    count: 2,
    octets: Uint8Array.of(1),
  },
};
const bare = (more: Partial<Head> = {}): Message => ({
  head: { ...HEAD, ...more },
  counter: 0,
  content: { kind: "bare" },
});

describe("a message's content", () => {
  it("reads back as it was written", () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMessage(encodeMessage(value))).toEqual(value);
      }),
    );
  });

  it("has one form: whatever reads at all is written the same way", () => {
    const octet = fc.tuple(message, fc.nat(), fc.nat(255)).map(([value, at, to]) => {
      const bytes = encodeMessage(value);
      bytes[at % bytes.length] = to;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(octet, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const value = decodeMessage(bytes);
        if (value !== undefined) expect(encodeMessage(value)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("cut short anywhere before its body is refused", () => {
    fc.assert(
      fc.property(head, text, (first, content) => {
        const bytes = encodeMessage({
          head: first,
          counter: 1,
          content: { ...content, body: "" } as Content,
        });
        for (let end = 0; end < bytes.length; end += end < 20 ? 1 : 7)
          expect(decodeMessage(bytes.slice(0, end))).toBeUndefined();
      }),
      { numRuns: 10 },
    );
  });

  it("that is bare has nothing behind its head, and a receipt whole ids, at least one", () => {
    const bytes = encodeMessage(bare());
    expect(bytes.length).toBe(12);
    for (let end = 0; end < bytes.length; end++) expect(decodeMessage(bytes.slice(0, end))).toBeUndefined();
    expect(decodeMessage(Uint8Array.of(...bytes, 0))).toBeUndefined();

    const ids = [randomBytes(16), randomBytes(16)];
    const receipt = encodeMessage({ ...bare(), content: { kind: "receipt", what: "read", ids } });
    for (let end = 0; end < receipt.length; end++)
      expect(decodeMessage(receipt.slice(0, end)) === undefined, String(end)).toBe(end !== 12 + 1 + 16);
    for (const what of [0, 3]) expect(decodeMessage(receipt.with(12, what))).toBeUndefined();
    expect(() => encodeMessage({ ...bare(), content: { kind: "receipt", what: "read", ids: [] } })).toThrow(
      RangeError,
    );
  });

  it("of an unknown kind, with an unknown flag or malformed UTF-8 is refused", () => {
    const bytes = encodeMessage(A_TEXT);
    const changed = (at: number, to: number) => decodeMessage(bytes.with(at, to));
    for (const kind of [8, 0x80, 0xff]) expect(changed(0, kind)).toBeUndefined();
    for (const flag of [0x40, 0x80]) expect(changed(1, flag)).toBeUndefined();
    expect(changed(bytes.length - 1, 0xff)).toBeUndefined();
    expect(decodeMessage(bytes)).toEqual(A_TEXT);
  });

  it("is an own copy as a text or a part only, and revocable as a text in one piece", () => {
    for (const kind of [0, 4, 5, 6, 7])
      for (const flag of [0x01, 0x20])
        expect(decodeMessage(encodeMessage(bare()).with(0, kind).with(1, flag))).toBeUndefined();
    expect(decodeMessage(encodeMessage(A_TEXT).with(1, 0x01))).toMatchObject({
      content: { revocable: true },
    });
    expect(decodeMessage(encodeMessage(A_PART).with(1, 0x01))).toBeUndefined();
  });

  it("names the author of an own copy by an address, and the other person by one or not at all", () => {
    const author = formatAddress(randomBytes(32), "");
    const content = { ...A_TEXT.content, copy: { author } } as Content;
    const bytes = encodeMessage({ ...A_TEXT, content });
    expect(decodeMessage(bytes)).toEqual({ ...A_TEXT, content });
    expect(bytes[12]).toBe(author.length);
    expect(bytes[13 + author.length]).toBe(0);
    expect(decodeMessage(bytes.with(13, 0x21))).toBeUndefined();
    for (const copy of [{ author: "" }, { author: "not one" }, { author, with: "not one" }])
      expect(() => encodeMessage({ ...A_TEXT, content: { ...A_TEXT.content, copy } as Content })).toThrow(
        RangeError,
      );
  });

  it("that is a part is one of at least two, below their number, and not empty", () => {
    const bytes = encodeMessage(A_PART);
    const [index, count] = [12 + 72 + 32 + 1, 12 + 72 + 32 + 3];
    expect(decodeMessage(bytes.with(index, 1))).toMatchObject({ content: { index: 1, count: 2 } });
    expect(decodeMessage(bytes.with(index, 2))).toBeUndefined();
    for (const few of [0, 1]) expect(decodeMessage(bytes.with(count, few))).toBeUndefined();
    expect(decodeMessage(bytes.slice(0, -1))).toBeUndefined();
  });

  it("tells of devices with something, of a reply with an origin", () => {
    const devices = encodeMessage(bare({ devices: Uint8Array.of(7) }));
    expect(decodeMessage(devices)).toMatchObject({ head: { devices: Uint8Array.of(7) } });
    expect(decodeMessage(devices.slice(0, -1).with(13, 0))).toBeUndefined();
    expect(() => encodeMessage(bare({ devices: new Uint8Array() }))).toThrow(RangeError);
  });

  it("refuses fields that would not fit", () => {
    const token = encodeBase64url(randomBytes(49));
    const key = { publicKey: randomBytes(1216), lastResort: false, expires: 1, signature: randomBytes(64) };
    const refused: Partial<Head>[] = [
      { replyTo: { token, relay: `https://${"a".repeat(121)}` } },
      { replyTo: { token, relay: "" } },
      { replyTo: { token, relay: "https://ä" } },
      { replyTo: { token: "AAAA", relay: "https://a" } },
      { heard: { channelId: randomBytes(31), reached: 1 } },
      { heard: { channelId: randomBytes(32), reached: 0x10000 } },
      { known: -1 },
      { known: 0x10000 },
      { sentAt: -1 },
      { devices: new Uint8Array(0x10000) },
      { nextKey: { ...key, publicKey: randomBytes(1215) } },
      { nextKey: { ...key, signature: randomBytes(65) } },
    ];
    for (const [i, more] of refused.entries())
      expect(() => encodeMessage(bare(more)), String(i)).toThrow(RangeError);
    expect(() =>
      encodeMessage({ ...A_TEXT, content: { ...A_TEXT.content, id: randomBytes(15) } as Content }),
    ).toThrow(RangeError);
  });
});
