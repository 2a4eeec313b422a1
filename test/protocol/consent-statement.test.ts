import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/protocol/address.ts";
import {
  decodeConsentStatement,
  encodeConsentStatement,
  PURPOSES,
  type Purpose,
} from "../../src/protocol/consent-statement.ts";
import { encodeInteger } from "../../src/protocol/integer.ts";
import { encodeStatement } from "../../src/protocol/statement.ts";

const { publicKey } = ed25519.keygen();
const statement = {
  address: formatAddress(publicKey, "eu"),
  noticeHash: randomBytes(32),
  purposes: ["messaging", "wake-up"] as readonly Purpose[],
  jurisdiction: "eu",
  method: "cli",
  created: 1_700_000_000_000,
  salt: randomBytes(16),
};
type Field = keyof typeof statement;

const right: Record<Field, Uint8Array> = {
  address: utf8ToBytes(statement.address),
  noticeHash: statement.noticeHash,
  purposes: utf8ToBytes("messaging wake-up"),
  jurisdiction: utf8ToBytes("eu"),
  method: utf8ToBytes("cli"),
  created: encodeInteger(statement.created),
  salt: statement.salt,
};
const octetsOf = (parts: Partial<Record<Field, Uint8Array>>) =>
  encodeStatement("consent", Object.values({ ...right, ...parts }));
const text = utf8ToBytes;
const behindBom = (bytes: Uint8Array) => concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), bytes);

describe("a consent statement", () => {
  it("is drawn in the order of its fields, and reads back", () => {
    expect(encodeConsentStatement(statement)).toEqual(octetsOf({}));
    expect(decodeConsentStatement(octetsOf({}))).toEqual(statement);
    const anywhere = { ...statement, address: formatAddress(publicKey), jurisdiction: "" };
    expect(decodeConsentStatement(encodeConsentStatement(anywhere))).toEqual(anywhere);
  });

  it("names each purpose by itself, in one order, once", () => {
    for (const purposes of fc.sample(fc.subarray([...PURPOSES], { minLength: 1 }), 30)) {
      const granted = { ...statement, purposes };
      expect(decodeConsentStatement(encodeConsentStatement(granted))).toEqual(granted);
    }
    for (const bad of [
      "",
      " ",
      "wake-up messaging",
      "messaging messaging",
      "messaging  wake-up",
      " messaging",
      "messaging ",
      "messaging,wake-up",
      "Messaging",
      "everything",
      "messaging everything",
    ]) {
      expect(decodeConsentStatement(octetsOf({ purposes: text(bad) })), bad).toBeUndefined();
      const purposes = bad.split(" ") as Purpose[];
      expect(() => encodeConsentStatement({ ...statement, purposes }), bad).toThrow(RangeError);
    }
    expect(() => encodeConsentStatement({ ...statement, purposes: [] })).toThrow(RangeError);
  });

  it("with a field of another form is refused", () => {
    const refused: [why: string, Partial<Record<Field, Uint8Array>>][] = [
      ["no address", { address: text("me") }],
      ["address elsewhere than the jurisdiction", { address: text(formatAddress(publicKey)) }],
      ["jurisdiction elsewhere than the address", { jurisdiction: text("") }],
      ["short notice hash", { noticeHash: new Uint8Array(31) }],
      ["long notice hash", { noticeHash: new Uint8Array(33) }],
      ["no method", { method: text("") }],
      ["method in capitals", { method: text("CLI") }],
      ["method that begins with a digit", { method: text("1app") }],
      ["method of two lines", { method: text("cli\n") }],
      ["long method", { method: text("m".repeat(33)) }],
      ["short created", { created: new Uint8Array(7) }],
      ["long created", { created: new Uint8Array(9) }],
      ["huge created", { created: new Uint8Array(8).fill(255) }],
      ["short salt", { salt: new Uint8Array(15) }],
      ["no UTF-8", { method: Uint8Array.of(0x61, 0xff) }],
      ["address behind a byte order mark", { address: behindBom(right.address) }],
      ["purposes behind a byte order mark", { purposes: behindBom(right.purposes) }],
      ["jurisdiction behind a byte order mark", { jurisdiction: behindBom(right.jurisdiction) }],
      ["method behind a byte order mark", { method: behindBom(right.method) }],
    ];
    for (const [why, parts] of refused) expect(decodeConsentStatement(octetsOf(parts)), why).toBeUndefined();
    expect(decodeConsentStatement(octetsOf({ method: text(`m${"-".repeat(31)}`) }))).toBeDefined();
    expect(decodeConsentStatement(encodeStatement("consent", Object.values(right).slice(1)))).toBeUndefined();
    expect(decodeConsentStatement(encodeStatement("ticket", Object.values(right)))).toBeUndefined();
  });

  it("is not made from fields of another form", () => {
    for (const parts of [
      { address: "me" },
      { jurisdiction: "us" },
      { noticeHash: new Uint8Array(31) },
      { method: "" },
      { created: -1 },
      { salt: new Uint8Array(17) },
    ])
      expect(() => encodeConsentStatement({ ...statement, ...parts })).toThrow(RangeError);
  });

  it("decodes and encodes to the same octets, and no octets throw", () => {
    const field = (name: Field) =>
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(right[name]) },
        { weight: 1, arbitrary: fc.constant(behindBom(right[name])) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      );
    const statements = fc
      .record({
        address: field("address"),
        noticeHash: field("noticeHash"),
        purposes: field("purposes"),
        jurisdiction: field("jurisdiction"),
        method: field("method"),
        created: field("created"),
        salt: field("salt"),
      })
      .map(octetsOf);
    fc.assert(
      fc.property(fc.oneof(statements, fc.uint8Array()), (bytes) => {
        const read = decodeConsentStatement(bytes);
        if (read !== undefined) expect(encodeConsentStatement(read)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
