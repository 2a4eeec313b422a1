import { describe, expect, it } from "vitest";
import { keepConsent } from "../../src/client/consent-record.ts";
import { type News, NewsDesk } from "../../src/client/news.ts";
import type { MailboxStatus } from "../../src/client/own-relay-answer.ts";
import { tellNotice } from "../../src/client/renewal.ts";
import type { Session } from "../../src/client/session.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";

const CONSENT = {
  ...{ consentId: "A".repeat(22), receipt: "", purposes: ["messaging" as const], noticeVersion: 3 },
  ...{ noticeHash: "", grantedAt: 0, deliveryToken: "" },
};

async function agreed() {
  const [vault, news, told] = [new MemoryVault(), new NewsDesk(), [] as News[]];
  news.listen((item) => told.push(item));
  await vault.transaction((draft) => keepConsent(draft, CONSENT));
  const hear = (current: number, suspended: boolean) =>
    tellNotice(
      { vault, news } as unknown as Session,
      {
        notice: { agreed: 3, current, suspended },
      } as MailboxStatus,
    );
  return { hear, told };
}

describe("a notice that is not the one agreed to", () => {
  it("is told once, and again when it is followed or turns out to matter", async () => {
    const { hear, told } = await agreed();
    await hear(3, false);
    expect(told).toEqual([]);
    for (let times = 0; times < 3; times++) await hear(4, false);
    for (let times = 0; times < 3; times++) await hear(5, true);
    expect(told).toEqual([
      { kind: "notice-changed", version: 4, material: false },
      { kind: "notice-changed", version: 5, material: true },
    ]);
  });
});
