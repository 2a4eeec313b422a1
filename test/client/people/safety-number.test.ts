import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareSafetyCode,
  decodeSafetyCode,
  encodeSafetyCode,
  fingerprint,
  formatSafetyNumber,
  safetyNumber,
} from "../../../src/client/people/safety-number.ts";
import { signingDevice } from "./signing-device.ts";

const addresses = (count: number) => Array.from({ length: count }, () => signingDevice().address);
const ann = addresses(1);
const bo = [signingDevice("eu").address, ...addresses(2)];
const annPrint = fingerprint(ann);
const boPrint = fingerprint(bo);

/** The same from the text of the specification alone, with another library. */
function recomputed(first: string, further: string[]): { print: Buffer; digits: string } {
  const sorted = further.map((text) => Buffer.from(text)).sort(Buffer.compare);
  const listed = [Buffer.from(first), ...sorted].map((text) => Buffer.concat([Buffer.of(text.length), text]));
  const input = Buffer.concat([Buffer.from("restante/safety/1\0"), ...listed]);
  let hash = Buffer.alloc(0);
  for (let i = 0; i < 5200; i++) hash = createHash("sha512").update(hash).update(input).digest();
  const groups = [0, 5, 10, 15, 20, 25].map((at) => hash.readUIntBE(at, 5) % 100_000);
  return {
    print: hash.subarray(0, 32),
    digits: groups.map((group) => String(group).padStart(5, "0")).join(""),
  };
}

describe("a fingerprint", () => {
  it("is the iterated hash of the specification", () => {
    for (const [devices, print] of [
      [ann, annPrint],
      [bo, boPrint],
    ] as const) {
      const [first = "", ...further] = devices.map(({ text }) => text);
      expect(Buffer.from(print)).toEqual(recomputed(first, further).print);
    }
  });

  it("is the same whatever the order of the further devices, and another with another first", () => {
    const [first, second, third] = bo as [(typeof bo)[0], (typeof bo)[0], (typeof bo)[0]];
    expect(fingerprint([first, third, second])).toEqual(boPrint);
    expect(fingerprint([second, first, third])).not.toEqual(boPrint);
  });

  it("is another one as soon as a device is added, removed or replaced", () => {
    for (const changed of [bo.slice(0, 2), [...bo, ...addresses(1)], [...bo.slice(0, 2), ...addresses(1)]])
      expect(fingerprint(changed)).not.toEqual(boPrint);
  });

  it("is of one device or more, each once", () => {
    expect(() => fingerprint([])).toThrow(RangeError);
    expect(() => fingerprint([...ann, ...ann])).toThrow(RangeError);
  });
});

describe("a safety number", () => {
  it("is 60 digits, equal on both sides: both halves, the smaller first", () => {
    const digits = safetyNumber(annPrint, boPrint);
    expect(safetyNumber(boPrint, annPrint)).toBe(digits);
    const [first = "", ...further] = bo.map(({ text }) => text);
    const halves = [recomputed(ann[0]?.text ?? "", []).digits, recomputed(first, further).digits];
    expect(digits).toBe(halves.sort().join(""));
    expect(digits).toMatch(/^\d{60}$/);
  });

  it("takes each group of digits from five octets, with zeros at the front", () => {
    const print = new Uint8Array(32);
    expect(safetyNumber(print, print)).toBe("0".repeat(60));
    print.set([0, 0, 1, 0x86, 0xa7, 255, 255, 255, 255, 255]);
    expect(safetyNumber(print, print).slice(0, 10)).toBe("0000727775");
  });

  it("is another with anybody else", () => {
    expect(safetyNumber(annPrint, fingerprint(addresses(1)))).not.toBe(safetyNumber(annPrint, boPrint));
  });

  it("is shown as twelve groups of five", () => {
    const digits = safetyNumber(annPrint, boPrint);
    const shown = formatSafetyNumber(digits);
    expect(shown).toMatch(/^\d{5}( \d{5}){11}$/);
    expect(shown.replaceAll(" ", "")).toBe(digits);
    for (const bad of ["", digits.slice(1), `${digits}0`, `${digits.slice(1)}x`])
      expect(() => formatSafetyNumber(bad)).toThrow(RangeError);
  });

  it("is of two fingerprints of 32 octets", () => {
    expect(() => safetyNumber(annPrint, boPrint.slice(1))).toThrow(RangeError);
    expect(() => encodeSafetyCode(new Uint8Array(33), boPrint)).toThrow(RangeError);
  });
});

describe("a safety code", () => {
  it("reads back as it was written", () => {
    const code = encodeSafetyCode(annPrint, boPrint);
    expect(code).toMatch(/^restante:safety:1:[\w-]{86}$/);
    expect(decodeSafetyCode(code)).toEqual({ own: annPrint, theirs: boPrint });
  });

  it("says that both see the same, when both do", () => {
    expect(compareSafetyCode(encodeSafetyCode(boPrint, annPrint), annPrint, boPrint)).toBe("same");
    expect(compareSafetyCode(encodeSafetyCode(annPrint, boPrint), boPrint, annPrint)).toBe("same");
  });

  it("says that they don't, when either sees another key for either, or scanned their own", () => {
    const eve = fingerprint(addresses(1));
    for (const [shownOwn, shownTheirs] of [
      [eve, annPrint],
      [boPrint, eve],
      [eve, eve],
      [annPrint, boPrint],
    ] as const)
      expect(compareSafetyCode(encodeSafetyCode(shownOwn, shownTheirs), annPrint, boPrint)).toBe("different");
  });

  it("is nothing else that one can scan", () => {
    const code = encodeSafetyCode(boPrint, annPrint);
    const others = ["", "https://relay.example/card", code.slice(0, -1), `${code}A`, ` ${code}`, `${code}=`];
    for (const other of [...others, code.replace(":1:", ":2:"), code.toUpperCase()])
      expect(compareSafetyCode(other, annPrint, boPrint), other).toBe("not-a-safety-code");
    fc.assert(fc.property(fc.string(), (text) => decodeSafetyCode(text) === undefined));
  });
});
