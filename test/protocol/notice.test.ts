import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { noticeHash } from "../../src/protocol/notice.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("a notice's hash", () => {
  it("is SHA-256 over version, controller and text, as anyone can recompute it", () => {
    const base = "restante/notice/1\0\0\u0008\0\0\0\0\0\0\0\u0002\0\u0003Ann\0\u0004Text";
    expect(hex(noticeHash(2, "Ann", "Text"))).toBe(createHash("sha256").update(base, "latin1").digest("hex"));
  });

  it("changes with each of them, and with where one ends and the next begins", () => {
    const hashes = [
      noticeHash(1, "Ann", "Text"),
      noticeHash(2, "Ann", "Text"),
      noticeHash(1, "AnnT", "ext"),
      noticeHash(1, "Ann", "Text "),
      noticeHash(1, "Anna", "Text"),
    ].map(hex);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("covers texts that are not ASCII as UTF-8", () => {
    const base = Buffer.concat([
      Buffer.from("restante/notice/1\0\0\u0008\0\0\0\0\0\0\0\u0001\0\u0001A\0\u0002", "latin1"),
      Buffer.from("é"),
    ]);
    expect(hex(noticeHash(1, "A", "é"))).toBe(createHash("sha256").update(base).digest("hex"));
  });
});
