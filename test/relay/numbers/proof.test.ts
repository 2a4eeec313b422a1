import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { parseNumber } from "../../../src/relay/numbers/number.ts";
import { openNumberProof, sealNumberProof } from "../../../src/relay/numbers/proof.ts";
import { SigningDevice } from "../edge/signing-device.ts";

const MINUTE = 60_000;
const VERIFIED = 1_790_000_000_000;
const read = (text: string) => {
  const number = parseNumber(text);
  if (number === undefined) throw new Error(`not a number: ${text}`);
  return number;
};

describe("a number proof", () => {
  const { address } = new SigningDevice();
  const number = read("+4915112345678");
  const seal = () => sealNumberProof(env, address, { number, verifiedAt: VERIFIED });
  const open = (text: string, now = VERIFIED) => openNumberProof(env, address, text, now);

  it("gives its device's number and time back, also for the shortest and the longest number", () => {
    for (const text of ["+6834012", "+4915112345678", "+497586126988757"]) {
      const proof = sealNumberProof(env, address, { number: read(text), verifiedAt: VERIFIED });
      expect(open(proof)).toEqual({ number: read(text), verifiedAt: VERIFIED });
      expect(decodeBase64url(proof)).toHaveLength(65);
    }
    expect(open(seal())).toEqual({ number, verifiedAt: VERIFIED });
  });

  it("shows neither the number nor that two are of the same one", () => {
    expect(seal()).not.toBe(seal());
    const octets = new TextDecoder("latin1").decode(decodeBase64url(seal()));
    expect(octets).not.toContain("15112345678");
  });

  it("lives ten minutes", () => {
    const proof = seal();
    expect(open(proof, VERIFIED + 10 * MINUTE - 1)).toBeDefined();
    expect(open(proof, VERIFIED + 10 * MINUTE)).toBeUndefined();
  });

  it("is worth nothing to another device, nor changed in any bit, nor in another form", () => {
    const proof = seal();
    expect(openNumberProof(env, new SigningDevice().address, proof, VERIFIED)).toBeUndefined();
    expect(openNumberProof(env, `${address}.eu`, proof, VERIFIED)).toBeUndefined();
    const bytes = decodeBase64url(proof) ?? new Uint8Array();
    for (let i = 0; i < bytes.length * 8; i++) {
      const changed = Uint8Array.from(bytes);
      changed[i >> 3] = (changed[i >> 3] ?? 0) ^ (1 << (i & 7));
      expect(open(encodeBase64url(changed)), `bit ${i}`).toBeUndefined();
    }
    for (const other of ["", "abc", `${proof}A`, proof.slice(1), `${proof}=`, proof.toUpperCase()])
      expect(open(other), other).toBeUndefined();
  });

  it("opens under an older root for as long as that is listed", () => {
    const proof = seal();
    const next = `2:${"B".repeat(42)}A`;
    const rotated = { ...env, ROOT_SECRET: `${next},${env.ROOT_SECRET}` } as Env;
    expect(openNumberProof(rotated, address, proof, VERIFIED)).toEqual({ number, verifiedAt: VERIFIED });
    const dropped = { ...env, ROOT_SECRET: next } as Env;
    expect(openNumberProof(dropped, address, proof, VERIFIED)).toBeUndefined();
  });
});
