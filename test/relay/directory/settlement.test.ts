import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TAKEOVER_WAIT } from "../../../src/protocol/limits.ts";
import { blind } from "../../../src/protocol/voprf.ts";
import { dueHolders, settle } from "../../../src/relay/directory/settlement.ts";
import worker from "../../../src/relay/index.ts";
import { verifiedNumberOf } from "../../../src/relay/numbers/verified-number.ts";
import { refusal } from "../edge/signing-device.ts";
import { contested, kinds, mailboxRow, pass } from "./contest.ts";
import { anyNumber } from "./stage.ts";

/** Signatures and statements go by it too. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => vi.useRealTimers());

describe("the settlement of a claim", () => {
  it("takes the old device's verified number along: the number's budgets are not its own any more", async () => {
    const { number, old, young } = await contested();
    await old.verify(number);
    pass(1000);
    await young.verify(number);
    await young.put(number);
    pass(TAKEOVER_WAIT);
    expect(await old.route()).toMatchObject({ state: "superseded" });
    expect(await verifiedNumberOf(env.RECORDS, old.consentId)).toBeUndefined();
    expect(await refusal(old.evaluate([blind(new Uint8Array(16)).element]))).toEqual([
      403,
      "number-not-verified",
    ]);
    expect(await verifiedNumberOf(env.RECORDS, young.consentId)).toBeDefined();
  });

  it("leaves the old device what it has verified since", async () => {
    const { number, old, young } = await contested();
    await young.put(number);
    pass(1000);
    await old.verify(anyNumber());
    pass(TAKEOVER_WAIT);
    expect(await old.route()).toMatchObject({ state: "superseded" });
    expect(await verifiedNumberOf(env.RECORDS, old.consentId)).toBeDefined();
  });

  it("ends nothing of a device whose route nobody claims any more when it comes to it", async () => {
    const { old, number, young } = await contested();
    await young.put(number);
    pass(TAKEOVER_WAIT);
    const [due] = (await dueHolders(env.RECORDS, Date.now(), 100)).filter(
      ({ consentId }) => consentId === old.consentId,
    );
    await env.RECORDS.prepare("DELETE FROM route_claim WHERE consent_id = ?").bind(young.consentId).run();
    expect(await settle(env, due ?? old, Date.now())).toBe(true);
    expect(await old.route()).toMatchObject({ state: "listed" });
    expect(await mailboxRow(old)).toMatchObject({ introductions: 1 });
    expect(await kinds(old)).toEqual(["granted"]);
  });

  it("is done by the daily run though another's settlement throws, and though a purge does", async () => {
    const [first, second] = [await contested(), await contested()];
    for (const { young, number } of [first, second]) await young.put(number);
    pass(TAKEOVER_WAIT);
    const heard = vi.spyOn(console, "error").mockImplementation(() => {});
    const failing = (name: string) => () => {
      throw new Error(name);
    };
    const broken = {
      ...env,
      MAILBOX: {
        idFromName: (name: string) => env.MAILBOX.idFromName(name),
        get: (id: DurableObjectId) =>
          id.equals(env.MAILBOX.idFromName(first.old.address))
            ? { endIntroductions: failing("mailbox") }
            : env.MAILBOX.get(id),
      },
      RECORDS: {
        prepare: (sql: string) =>
          sql.includes("consent_receipt") ? failing("purge")() : env.RECORDS.prepare(sql),
        batch: (statements: D1PreparedStatement[]) => env.RECORDS.batch(statements),
      },
    } as unknown as Env;
    const run = worker.scheduled(createScheduledController({ scheduledTime: Date.now() }), broken);
    await expect(run).rejects.toThrow("purge");
    expect(await kinds(first.old)).toEqual(["granted"]);
    expect(await kinds(second.old)).toEqual(["granted", "superseded"]);
    heard.mockRestore();
  });
});
