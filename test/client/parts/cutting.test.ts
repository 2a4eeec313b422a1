import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, MAX_PARTS, MAX_TEXT } from "../../../src/client/parts/cutting.ts";

describe("cutting a text", () => {
  it("gives parts that are the whole again, all full but the last, with the hash of the whole", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 300 }),
        fc.integer({ min: 1, max: 299 }),
        (body, room) => {
          fc.pre(body.length > room && Math.ceil(body.length / room) <= MAX_PARTS);
          const { parts, wholeHash } = cutText(body, room);
          expect(Buffer.concat(parts)).toEqual(Buffer.from(body));
          expect(parts.slice(0, -1).every((part) => part.length === room)).toBe(true);
          expect(parts.at(-1)?.length).toBeGreaterThan(0);
          expect(Buffer.from(wholeHash)).toEqual(createHash("sha256").update(body).digest());
        },
      ),
    );
  });

  it("takes up to 1 MiB, which 18 of the largest envelopes hold with the longest head", () => {
    const body = new Uint8Array(MAX_TEXT);
    expect(cutText(body, 61_322).parts.length).toBe(18);
    expect(cutText(body, MAX_TEXT / MAX_PARTS).parts.length).toBe(MAX_PARTS);
    expect(() => cutText(new Uint8Array(MAX_TEXT + 1), 61_322)).toThrow(RangeError);
  });

  it("is refused when there is nothing to cut, or too many parts would come of it", () => {
    const body = new Uint8Array(100);
    expect(cutText(body, 99).parts.length).toBe(2);
    for (const room of [100, 101, 3, 0, -1, 1.5, Number.NaN])
      expect(() => cutText(body, room), String(room)).toThrow(RangeError);
    expect(() => cutText(new Uint8Array(), 1)).toThrow(RangeError);
  });
});
