import { describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { NotOfferedError, offeredIn } from "../../src/client/offered.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { noticeHash, noticeText } from "../../src/protocol/notice.ts";

const ENGLISH = noticeText("en", "What you agree to.");
const NOTICE: NoticeAnswer = {
  version: 1,
  hash: encodeBase64url(noticeHash(1, "Test", [ENGLISH])),
  ...{ controller: "Test", material: true, language: "en", text: "What you agree to." },
  languages: [{ language: "en", textHash: encodeBase64url(ENGLISH.hash) }],
  purposes: [
    { purpose: "messaging", description: "", jurisdictions: ["eu", "us"] },
    { purpose: "number", description: "", jurisdictions: ["us"] },
    { purpose: "discovery", description: "", jurisdictions: [] },
  ],
  retention: { maxTtlSeconds: 60, markGraceSeconds: 60 },
  jurisdictions: ["eu", "us"],
  numberVendors: [],
};

/** A device, and what it asked of its relay. */
async function deviceIn(jurisdiction: string) {
  const asked: string[] = [];
  const answer: typeof fetch = async (input, init) => {
    asked.push(`${init?.method} ${new URL(String(input)).pathname}`);
    return Response.json(NOTICE);
  };
  const device = await Device.create({
    ...{ relay: "https://relay.example", vault: new MemoryVault(), jurisdiction },
    platform: { fetch: answer },
  });
  return { device, asked };
}

describe("a notice's purposes", () => {
  it.each([
    ["", ["messaging", "number", "discovery"]],
    ["us", ["messaging", "number"]],
    ["eu", ["messaging"]],
    ["fedramp", []],
  ])("in %j are %j, and nothing else is signed", async (jurisdiction, offered) => {
    const { device, asked } = await deviceIn(jurisdiction);
    const notice = await device.notice();
    expect(notice.purposes.map(({ purpose }) => purpose)).toEqual(offered);
    for (const of of [notice, NOTICE])
      for (const purpose of ["messaging", "number", "discovery", "receipts"] as const) {
        if (offered.includes(purpose)) continue;
        const purposes = [...new Set(["messaging", purpose] as const)];
        await expect(device.consent({ notice: of, purposes, method: "test" })).rejects.toThrow(
          NotOfferedError,
        );
      }
    expect(asked).toEqual(["GET /v1/notice"]);
  });

  it("are none without messaging: such a yes is not signed, for no relay takes it", async () => {
    const { device, asked } = await deviceIn("");
    const notice = await device.notice();
    for (const purposes of [[], ["number"], ["number", "discovery"]] as const)
      await expect(device.consent({ notice, purposes: [...purposes], method: "test" })).rejects.toThrow(
        NotOfferedError,
      );
    expect(asked).toEqual(["GET /v1/notice"]);
  });

  it("are none where the answer has another form", () => {
    for (const purposes of [undefined, 1, "messaging", {}])
      expect(offeredIn({ ...NOTICE, purposes } as unknown as NoticeAnswer, "")).toEqual([]);
    const purposes = [null, 1, {}, { purpose: "number" }, { purpose: "number", jurisdictions: 1 }];
    expect(offeredIn({ ...NOTICE, purposes } as unknown as NoticeAnswer, "eu")).toEqual([]);
    expect(offeredIn({ ...NOTICE, jurisdictions: null } as unknown as NoticeAnswer, "eu")).toEqual([]);
  });
});
