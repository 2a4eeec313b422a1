import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantTtl, readTtl } from "../../../src/relay/edge/ttl.ts";

describe("a TTL", () => {
  it("is granted up to the ceiling", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(604_800), (ttl, ceiling) => {
        expect(readTtl(String(ttl), ceiling)).toBe(Math.min(ttl, ceiling));
        expect(grantTtl(ttl, ceiling)).toBe(Math.min(ttl, ceiling));
      }),
    );
  });

  it("may be 0 and may have leading zeros, as RFC 8030 writes it", () => {
    expect(readTtl("0", 60)).toBe(0);
    expect(readTtl("0015", 60)).toBe(15);
  });

  it("that is missing, or anything but digits, is told apart", () => {
    expect(() => readTtl(undefined, 60)).toThrow("ttl-missing");
    for (const text of ["", " 1", "-1", "+1", "1.5", "1e3", "0x10", "1, 2", "١", "2147483648", "1\n"])
      expect(() => readTtl(text, 60), text).toThrow("ttl-invalid");
    expect(() => grantTtl(2 ** 31, 60)).toThrow("ttl-invalid");
  });
});
