import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { currentSecret, liveSecrets, type SecretSource } from "../../../src/relay/secrets/derived.ts";
import { SECRET_LABELS } from "../../../src/relay/secrets/label-versions.ts";

const root = (version: number, fill: number) =>
  `${version}:${encodeBase64url(new Uint8Array(32).fill(fill))}`;
const source = (rootText: string, versions = ""): SecretSource => ({
  ROOT_SECRET: rootText,
  SECRET_VERSIONS: versions,
});
const named = ({ rootVersion, labelVersion }: { rootVersion: number; labelVersion: number }) =>
  `${rootVersion}/${labelVersion}`;
const hex = bytesToHex;

describe("a derived secret", () => {
  it("is HKDF-SHA256, as WebCrypto does it, with the label's version in its info from the second on", async () => {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const ikm = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
    for (const label of SECRET_LABELS)
      for (const [version, suffix] of [
        [1, ""],
        [2, "\0" + "2"],
        [10, "\0" + "10"],
      ] as const) {
        const info = new TextEncoder().encode(`restante/secret/1\0${label}${suffix}`);
        const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
        const bytes = new Uint8Array(await crypto.subtle.deriveBits(parameters, ikm, 256));
        const made = currentSecret(source(`7:${encodeBase64url(seed)}`, `${label}=${version}`), label);
        expect(made).toEqual({ rootVersion: 7, labelVersion: version, bytes });
      }
  });

  it("is another one for every label, label version and root version, and the same one each time", () => {
    const versions = SECRET_LABELS.map((label) => `${label}=2,1`).join(" ");
    const rotated = source(`${root(2, 9)},${root(1, 8)}`, versions);
    const all = SECRET_LABELS.flatMap((label) => liveSecrets(rotated, label));
    expect(all).toHaveLength(SECRET_LABELS.length * 4);
    expect(new Set(all.map(({ bytes }) => hex(bytes))).size).toBe(all.length);
    expect(currentSecret(rotated, "receipts")).toBe(liveSecrets(rotated, "receipts", 2)[0]);
  });

  it("is made under the first versions listed and verifies under all of them", () => {
    const rotated = source(`${root(0, 1)},${root(255, 2)}`, "receipts=3,1");
    expect(named(currentSecret(rotated, "receipts"))).toBe("0/3");
    expect(liveSecrets(rotated, "receipts").map(named)).toEqual(["0/3", "0/1", "255/3", "255/1"]);
    expect(liveSecrets(rotated, "receipts", 255).map(named)).toEqual(["255/3", "255/1"]);
    expect(liveSecrets(rotated, "receipts", 1)).toEqual([]);
    expect(liveSecrets(rotated, "budget").map(named)).toEqual(["0/1", "255/1"]);
  });

  it.each(SECRET_LABELS)("for %s is rotated without any other", (rotated) => {
    const before = source(root(1, 5));
    const after = source(root(1, 5), `${rotated}=2,1`);
    for (const label of SECRET_LABELS) {
      const [old, current] = [currentSecret(before, label), currentSecret(after, label)];
      expect(hex(current.bytes) === hex(old.bytes)).toBe(label !== rotated);
      expect(liveSecrets(after, label).map(({ bytes }) => hex(bytes))).toContain(hex(old.bytes));
    }
    const dropped = liveSecrets(source(root(1, 5), `${rotated}=2`), rotated);
    expect(dropped.map(named)).toEqual(["1/2"]);
  });
});

describe("the versions of secrets", () => {
  it("that are malformed, or of a label that there is not, are refused: a rotation must not be missed", () => {
    for (const text of [
      "receipt=2,1",
      "receipts",
      "receipts=",
      "receipts=2,",
      "receipts=0",
      "receipts=256",
      "receipts=02",
      "receipts=2,2",
      "receipts=5,4,3,2,1",
      "receipts=2=1",
      "receipts=2,1 receipts=3",
      "receipts=2;1",
      "receipts = 2",
    ])
      expect(() => currentSecret(source(root(1, 1), text), "budget"), text).toThrow("SECRET_VERSIONS");
  });

  it("may be absent, as before there were any", () => {
    const absent = { ROOT_SECRET: root(1, 1) } as SecretSource;
    expect(named(currentSecret(absent, "receipts"))).toBe("1/1");
  });
});
