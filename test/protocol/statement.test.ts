import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeStatement, encodeStatement, type StatementKind } from "../../src/protocol/statement.ts";

const KINDS: StatementKind[] = ["notice", "consent", "ticket", "key", "channel", "delivery"];
const fields = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 });
const kind = fc.constantFrom(...KINDS);

describe("a statement", () => {
  it("is drawn as kind, zero octet and length-prefixed fields", () => {
    const long = new Uint8Array(0x0102).fill(9);
    expect(encodeStatement("ticket", [utf8ToBytes("ab"), new Uint8Array(), long])).toEqual(
      concatBytes(utf8ToBytes("restante/ticket/1\0"), Uint8Array.of(0, 2, 0x61, 0x62, 0, 0, 1, 2), long),
    );
  });

  it("reads back as it was written", () => {
    fc.assert(
      fc.property(kind, fields, (of, parts) => {
        expect(decodeStatement(of, encodeStatement(of, parts), parts.length)).toEqual(parts);
      }),
    );
  });

  it("is the same octets only for the same kind and the same fields", () => {
    // Fields of few, small octets, so that other boundaries over the same octets are likely.
    const close = fc.array(fc.uint8Array({ maxLength: 3, max: 2 }), { maxLength: 4 });
    fc.assert(
      fc.property(kind, close, kind, close, (kindA, a, kindB, b) => {
        const same = Buffer.compare(encodeStatement(kindA, a), encodeStatement(kindB, b)) === 0;
        expect(same).toBe(
          kindA === kindB &&
            a.length === b.length &&
            a.every((field, i) => Buffer.compare(field, b[i] ?? field) === 0),
        );
      }),
      { numRuns: 2000 },
    );
    const [x, y] = [utf8ToBytes("x"), utf8ToBytes("y")];
    expect(encodeStatement("key", [concatBytes(x, y)])).not.toEqual(encodeStatement("key", [x, y]));
  });

  it("never begins another statement, nor an RFC 9421 signature base", () => {
    for (const a of KINDS) {
      const head = encodeStatement(a, []);
      expect(head[0]).not.toBe('"'.charCodeAt(0));
      for (const b of KINDS.filter((other) => other !== a))
        expect(decodeStatement(b, head, 0), `${a} as ${b}`).toBeUndefined();
    }
  });

  it("cut short, with octets left over or another number of fields is refused", () => {
    const whole = encodeStatement("consent", [utf8ToBytes("one"), utf8ToBytes("two")]);
    for (let length = 0; length < whole.length; length++)
      expect(decodeStatement("consent", whole.subarray(0, length), 2), `${length}`).toBeUndefined();
    expect(decodeStatement("consent", concatBytes(whole, Uint8Array.of(0)), 2)).toBeUndefined();
    expect(decodeStatement("consent", concatBytes(whole, Uint8Array.of(0, 0)), 2)).toBeUndefined();
    expect(decodeStatement("consent", whole, 1)).toBeUndefined();
    expect(decodeStatement("consent", whole, 3)).toBeUndefined();
  });

  it("takes fields of 65,535 octets and none longer", () => {
    const longest = new Uint8Array(0xffff).fill(1);
    expect(decodeStatement("notice", encodeStatement("notice", [longest]), 1)).toEqual([longest]);
    expect(() => encodeStatement("notice", [new Uint8Array(0x10000)])).toThrow(RangeError);
  });

  it("never throws on any octets", () => {
    const head = encodeStatement("key", []);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60, max: 6 }), fc.nat(6), (bytes, count) => {
        const body = concatBytes(head, bytes);
        const read = decodeStatement("key", body, count);
        if (read !== undefined) expect(encodeStatement("key", read)).toEqual(body);
        expect(decodeStatement("key", bytes, count)).toBeUndefined();
      }),
    );
  });
});
