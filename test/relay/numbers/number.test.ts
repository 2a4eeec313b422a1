import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberHash } from "../../../src/relay/numbers/hash.ts";
import { parseNumber } from "../../../src/relay/numbers/number.ts";

describe("a number", () => {
  it.each([
    ["+4915112345678", "DE"],
    ["+447400123456", "GB"],
    ["+12015550123", "US"],
    ["+16135550123", "CA"],
    ["+33612345678", "FR"],
    ["+393123456789", "IT"],
    ["+819012345678", "JP"],
    ["+919987654321", "IN"],
    ["+5511961234567", "BR"],
    ["+2348021234567", "NG"],
    ["+79123456789", "RU"],
    ["+77710009998", "KZ"],
  ])("of E.164, %s, is read and its country known", (text, country) => {
    expect(parseNumber(text)).toMatchObject({ text, country });
  });

  it.each([
    "4915112345678",
    "004915112345678",
    "+49 151 12345678",
    "+49-15112345678",
    "+490151123456780",
    "+4915112345678;ext=1",
    "+49151123456781234567",
    "+0915112345678",
    "+491",
    "+9991234567",
    "+1201555012",
    "+٤٩١٥١١٢٣٤٥٦٧٨",
    "",
  ])("in another form, or that no country knows, is refused: %j", (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });

  it("is read from nothing else", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const number = parseNumber(text);
        expect(number === undefined || number.text === text).toBe(true);
      }),
    );
  });

  it("is hashed under the root secret, and not by itself", async () => {
    const number = parseNumber("+4915112345678");
    if (number === undefined) throw new Error("not read");
    const hash = await numberHash(env, number);
    expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await numberHash(env, number)).toBe(hash);
    const other = { ...env, ROOT_SECRET: `1:${"B".repeat(42)}A` } as Env;
    expect(await numberHash(other, number)).not.toBe(hash);
  });
});
