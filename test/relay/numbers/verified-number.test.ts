import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { HeldAnswer } from "../../../src/protocol/answers.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { livePurpose } from "../../../src/relay/consent/live-purpose.ts";
import { recordVerifiedNumber, verifiedNumberOf } from "../../../src/relay/numbers/verified-number.ts";
import { SigningDevice } from "../edge/signing-device.ts";

const hash = () => crypto.randomUUID();

async function granting(...purposes: Purpose[]) {
  const device = new SigningDevice();
  const agree = async (...list: Purpose[]) => {
    const answer = await device.grant(device.grantBody(device.statement({ purposes: list })));
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json<{ consentId: string }>();
  };
  const { consentId } = await agree(...purposes);
  return { device, consentId, agree };
}

describe("a purpose", () => {
  it("is live while a consent in force grants it", async () => {
    const { device, consentId, agree } = await granting("messaging", "number");
    const live = async (purpose: Purpose) => (await livePurpose(env, device.address, purpose))?.consentId;
    expect([await live("messaging"), await live("number")]).toEqual([consentId, consentId]);
    expect(await live("discovery")).toBeUndefined();
    await agree("messaging", "discovery");
    expect([await live("number"), await live("discovery")]).toEqual([undefined, consentId]);
    await device.withdraw();
    expect(await live("messaging")).toBeUndefined();
    expect(await livePurpose(env, new SigningDevice().address, "messaging")).toBeUndefined();
  });
});

describe("a verified number", () => {
  it("is recorded only while the purpose is granted, and replaced by a later one", async () => {
    const { consentId, agree } = await granting("messaging");
    const record = (numberHash: string, verifiedAt: number) =>
      recordVerifiedNumber(env.RECORDS, { consentId, numberHash, verifiedAt });
    expect(await record(hash(), 1)).toBe(false);
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toBeUndefined();
    await agree("messaging", "number");
    const [first, second] = [hash(), hash()];
    expect(await record(first, 1)).toBe(true);
    expect(await record(second, 2)).toBe(true);
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toEqual({
      consentId,
      numberHash: second,
      verifiedAt: 2,
    });
  });

  it("stays through a renewal that keeps its purpose, and goes with one that does not", async () => {
    const { consentId, agree } = await granting("messaging", "number");
    await recordVerifiedNumber(env.RECORDS, { consentId, numberHash: hash(), verifiedAt: 1 });
    await agree("messaging", "number", "discovery");
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toBeDefined();
    await agree("messaging", "discovery");
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toBeUndefined();
    await agree("messaging", "number");
    expect(await verifiedNumberOf(env.RECORDS, consentId)).toBeUndefined();
  });

  it("goes with the consent", async () => {
    const { device, consentId } = await granting("messaging", "number");
    await recordVerifiedNumber(env.RECORDS, { consentId, numberHash: hash(), verifiedAt: 1 });
    await device.withdraw();
    const row = env.RECORDS.prepare("SELECT 1 FROM verified_number WHERE consent_id = ?").bind(consentId);
    expect(await row.first()).toBeNull();
  });

  it("is shown to its device as held, since the row names the consent", async () => {
    const { device, consentId } = await granting("messaging", "number");
    const numberHash = hash();
    await recordVerifiedNumber(env.RECORDS, { consentId, numberHash, verifiedAt: 7 });
    const held: HeldAnswer = await (await device.read(ROUTES.held)).json();
    expect(held.records).toContainEqual({
      table: "verified_number",
      rows: [{ consent_id: consentId, purpose: "number", number_hash: numberHash, verified_at: 7 }],
    });
  });
});
