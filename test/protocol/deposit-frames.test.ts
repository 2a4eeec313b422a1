import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeDepositAnswers,
  decodeDeposits,
  depositItemSize,
  encodeDepositAnswers,
  encodeDeposits,
  type NumberedAnswer,
  type NumberedDeposit,
} from "../../src/protocol/deposit-frames.ts";
import { MAX_UNANSWERED_BYTES, MAX_UNANSWERED_DEPOSITS } from "../../src/protocol/limits.ts";

const octets = (...values: number[]) => Uint8Array.from(values);
const integer = (low: number) => octets(0, 0, 0, 0, 0, 0, low >> 8, low & 0xff);
const key = new Uint8Array(16).fill(9);

const PLAIN: NumberedDeposit = {
  number: 0x0102,
  address: "ab.eu",
  bearer: "tok",
  ttlSeconds: 60,
  envelope: octets(1, 2, 3),
};
const REVOCABLE: NumberedDeposit = { ...PLAIN, number: 0x0103, ttlSeconds: 0, key };

/** As the drawing in deposit-frames.ts has them. */
const texts = concatBytes(octets(5), utf8ToBytes("ab.eu"), octets(3), utf8ToBytes("tok"));
const drawnPlain = concatBytes(integer(0x0102), octets(0), integer(60), texts, octets(0, 0, 0, 3, 1, 2, 3));
const drawnRevocable = concatBytes(
  ...[integer(0x0103), octets(1), integer(0), key, texts, octets(0, 0, 0, 3, 1, 2, 3)],
);

const ANSWERS: [name: string, answer: NumberedAnswer, bytes: Uint8Array][] = [
  ["delivered", { number: 7, result: { state: "delivered" } }, octets(1)],
  [
    "held",
    { number: 7, result: { state: "held", heldUntil: 0x0304 } },
    concatBytes(octets(2), integer(0x0304)),
  ],
  ["expired", { number: 7, result: { state: "expired" } }, octets(3)],
  ["revoked", { number: 7, result: { state: "revoked" } }, octets(4)],
  ["undecided", { number: 7, result: { state: "undecided" } }, octets(5)],
  [
    "a problem",
    { number: 7, result: { status: 401, code: "not-authorized" } },
    concatBytes(octets(0, 1, 0x91), integer(0), octets(14), utf8ToBytes("not-authorized")),
  ],
  [
    "a problem that says when to try again",
    { number: 7, result: { status: 429, code: "mailbox-full", retryAfterSeconds: 600 } },
    concatBytes(octets(0, 1, 0xad), integer(600), octets(12), utf8ToBytes("mailbox-full")),
  ],
];

describe("a frame of deposits", () => {
  it("is drawn octet by octet, and reads back", () => {
    const bytes = concatBytes(octets(0x81), drawnPlain, drawnRevocable);
    expect(encodeDeposits([PLAIN, REVOCABLE])).toEqual(bytes);
    expect(decodeDeposits(bytes)).toEqual([PLAIN, REVOCABLE]);
    expect([PLAIN, REVOCABLE].map(depositItemSize)).toEqual([drawnPlain.length, drawnRevocable.length]);
  });

  it("cut short or with octets left over is refused, but between two items", () => {
    const bytes = encodeDeposits([PLAIN, REVOCABLE]);
    for (let length = 0; length < bytes.length; length++) {
      const read = decodeDeposits(bytes.subarray(0, length));
      if (length === 1 + drawnPlain.length) expect(read).toEqual([PLAIN]);
      else expect(read, `${length}`).toBe("malformed");
    }
    expect(decodeDeposits(concatBytes(bytes, octets(0)))).toBe("malformed");
  });

  it("of another kind, with unknown flags, integers or texts that are none, or numbers that don't grow is refused", () => {
    const changed = (at: number, ...values: number[]) => {
      const bytes = encodeDeposits([PLAIN]);
      bytes.set(values, at);
      return bytes;
    };
    const refused = {
      "nothing in it": octets(0x81),
      "the relay's kind": changed(0, 0x01),
      "an acknowledgement": octets(0x81, ...integer(1)),
      "an unknown flag": changed(9, 2),
      "an unknown flag beside a known one": changed(9, 3),
      "a number above 2^53 - 1": changed(1, 0, 0x20),
      "a TTL above 2^53 - 1": changed(10, 0, 0x20),
      "a space in the address": changed(19, 0x20),
      "another script in the bearer": changed(25, 0xc3),
      "an envelope longer than the frame": changed(28, 0xff, 0xff, 0xff, 0xff),
      "a number twice": encodeDeposits([PLAIN, PLAIN]),
      "a lower number after a higher one": encodeDeposits([REVOCABLE, PLAIN]),
    };
    for (const [why, bytes] of Object.entries(refused)) expect(decodeDeposits(bytes), why).toBe("malformed");
  });

  it("is read no further than to what is more than may be unanswered", () => {
    const smallest = (number: number) => ({
      ...{ number, address: "", bearer: "", ttlSeconds: 0, envelope: octets() },
    });
    const most = Array.from({ length: MAX_UNANSWERED_DEPOSITS }, (_, i) => smallest(i));
    expect(decodeDeposits(encodeDeposits(most))).toEqual(most);
    // Whoever read on would find that this is no item.
    expect(decodeDeposits(concatBytes(encodeDeposits(most), octets(0xff)))).toBe("overrun");
    const largest = {
      ...PLAIN,
      envelope: new Uint8Array(MAX_UNANSWERED_BYTES - drawnPlain.length + PLAIN.envelope.length),
    };
    const frame = encodeDeposits([largest]);
    expect(decodeDeposits(frame)).toHaveLength(1);
    expect(decodeDeposits(concatBytes(frame, octets(0)))).toBe("overrun");
    expect(decodeDeposits(new Uint8Array(2 * MAX_UNANSWERED_BYTES))).toBe("overrun");
  });

  it("is read from a view into a larger buffer, and into octets of its own", () => {
    const bytes = encodeDeposits([PLAIN]);
    const around = concatBytes(octets(9, 9, 9), bytes, octets(9));
    const read = decodeDeposits(around.subarray(3, 3 + bytes.length));
    expect(read).toEqual([PLAIN]);
    expect(typeof read !== "string" && read[0]?.envelope.buffer.byteLength).toBe(3);
  });

  it("is not made of texts that are no ASCII or too long, or of a key of another size", () => {
    for (const change of [{ address: "ä" }, { bearer: "a b" }, { bearer: "a".repeat(256) }])
      expect(() => encodeDeposits([{ ...PLAIN, ...change }])).toThrow(RangeError);
    expect(() => encodeDeposits([{ ...PLAIN, key: new Uint8Array(15) }])).toThrow(RangeError);
  });
});

describe("a frame of answers", () => {
  it.each(ANSWERS)("%s is drawn octet by octet, and reads back", (_, answer, rest) => {
    const bytes = concatBytes(octets(1), integer(7), rest);
    expect(encodeDepositAnswers([answer])).toEqual(bytes);
    expect(decodeDepositAnswers(bytes)).toEqual([answer]);
    for (let length = 0; length < bytes.length; length++)
      expect(decodeDepositAnswers(bytes.subarray(0, length)), `${length}`).toBeUndefined();
    expect(decodeDepositAnswers(concatBytes(bytes, octets(0)))).toBeUndefined();
  });

  it("of another kind, or with an outcome or an integer that is none, is refused", () => {
    const refused = {
      "nothing in it": octets(1),
      "the sender's kind": concatBytes(octets(0x81), integer(7), octets(1)),
      "outcome 6": concatBytes(octets(1), integer(7), octets(6)),
      "a number above 2^53 - 1": octets(1, 0, 0x20, 0, 0, 0, 0, 0, 0, 1),
    };
    for (const [why, bytes] of Object.entries(refused))
      expect(decodeDepositAnswers(bytes), why).toBeUndefined();
  });
});

describe("any octets", () => {
  const text = fc.string({ unit: fc.constantFrom(..."AZaz09-_.~!"), maxLength: 255 });
  const item = fc.record(
    {
      number: fc.maxSafeNat(),
      address: text,
      bearer: text,
      ttlSeconds: fc.maxSafeNat(),
      key: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      envelope: fc.uint8Array({ maxLength: 300 }),
    },
    { requiredKeys: ["number", "address", "bearer", "ttlSeconds", "envelope"] },
  );
  const problem = fc.record(
    { status: fc.nat(0xffff), code: text, retryAfterSeconds: fc.integer({ min: 1, max: 9999 }) },
    { requiredKeys: ["status", "code"] },
  );
  const states = fc.constantFrom("delivered", "expired", "revoked", "undecided");
  const result = fc.oneof(
    problem,
    states.map((state) => ({ state }) as const),
    fc.maxSafeNat().map((heldUntil) => ({ state: "held", heldUntil }) as const),
  );
  const bytes = fc
    .tuple(fc.constantFrom(0x01, 0x81), fc.uint8Array({ maxLength: 60, max: 3 }))
    .map(([kind, rest]) => concatBytes(octets(kind), rest));

  it("never throw, and what is read is written the same", () => {
    fc.assert(
      fc.property(fc.oneof(bytes, fc.uint8Array()), (any) => {
        const deposits = decodeDeposits(any);
        if (typeof deposits !== "string") expect(encodeDeposits(deposits)).toEqual(any);
        const answers = decodeDepositAnswers(any);
        if (answers !== undefined) expect(encodeDepositAnswers(answers)).toEqual(any);
      }),
      { numRuns: 1000 },
    );
  });

  it("of any frame read back", () => {
    const items = fc
      .uniqueArray(item, { minLength: 1, maxLength: 8, selector: ({ number }) => number })
      .map((some) => some.sort((a, b) => a.number - b.number));
    fc.assert(
      fc.property(items, (some) => {
        expect(decodeDeposits(encodeDeposits(some))).toEqual(some);
      }),
    );
    const answers = fc.array(fc.record({ number: fc.maxSafeNat(), result }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(answers, (some) => {
        expect(decodeDepositAnswers(encodeDepositAnswers(some))).toEqual(some);
      }),
    );
  });
});
