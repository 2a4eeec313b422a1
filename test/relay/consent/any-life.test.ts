/**
 * Random lives of a consent, with crashes between any two steps, against a model of what its owner has said: nothing is
 * accepted or served that no live consent covers, and what has ended is gone from storage.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { parsePrefix } from "../../../src/protocol/directory/prefix.ts";
import { DAY, LAPSE_DAYS } from "../../../src/protocol/limits.ts";
import { currentNotice, materialSince } from "../../../src/relay/consent/notice.ts";
import { consentOf } from "../../../src/relay/consent/records.ts";
import { entriesUnder } from "../../../src/relay/directory/bucket-store.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { anyNumber, Listed } from "../directory/stage.ts";
import { fetchRelay, senderRequest } from "../edge/signing-device.ts";
import { envelope, randomKey, type Stub, tables } from "../mailbox/stage.ts";
import { publish, rollBack, rollBackAll } from "./publishing.ts";

type Step =
  | { do: "grant"; purposes: Purpose[]; crash: boolean }
  | { do: "list" | "alarm" | "evict" | "lapse" | "roll back" }
  | { do: "withdraw"; crash: "none" | "records" | "erasing" }
  | { do: "publish"; material: boolean };

const simple = (...names: ("list" | "alarm" | "evict" | "lapse" | "roll back")[]) =>
  fc.constantFrom(...names).map((name): Step => ({ do: name }));
const STEPS = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("grant" as const),
      purposes: fc
        .subarray<Purpose>(["number", "discovery"])
        .map((purposes): Purpose[] => ["messaging", ...purposes]),
      crash: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: simple("list") },
  { weight: 4, arbitrary: simple("alarm", "evict", "lapse", "roll back") },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("withdraw" as const),
      crash: fc.constantFrom("none" as const, "records" as const, "erasing" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("publish" as const), material: fc.boolean() }),
  },
);

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rollBackAll();
});

/** One device, what its owner has said so far, and the real relay. */
class Life {
  readonly #listed = new Listed();
  readonly #number = anyNumber();
  readonly #stub: Stub = env.MAILBOX.get(env.MAILBOX.idFromName(this.#listed.address)) as Stub;
  readonly #tokens: string[] = [];
  readonly #routes = new Set<string>();
  /** What was agreed to last, and whether the mailbox has heard of it. */
  #said: { purposes: readonly Purpose[]; notice: number; heard: boolean } | undefined;
  #open = false;
  /** Told to end, by its owner or by time, and not done yet. */
  #ending = false;

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "grant":
        return this.#grant(step.purposes, step.crash && !this.#ending);
      case "list": {
        const answer = await this.#listed.put(this.#number);
        expect(answer.status === 200 ? this.#covers("discovery") && this.#open : true).toBe(true);
        return;
      }
      case "withdraw":
        return this.#withdraw(step.crash);
      case "lapse":
        vi.setSystemTime(Date.now() + (LAPSE_DAYS + 1) * DAY);
        if (this.#open) this.#ending = true;
        return this.#alarm();
      case "alarm":
        return this.#alarm();
      case "evict":
        return evictDurableObject(this.#stub);
      case "publish":
        publish(step.material);
        return;
      case "roll back":
        return rollBack();
    }
  }

  async probe(): Promise<void> {
    const record = await consentOf(env.RECORDS, this.#listed.address);
    expect(record?.purposes).toEqual(this.#said?.purposes);
    const live = this.#open && !this.#ending && this.#covers("messaging");
    for (const [index, token] of this.#tokens.entries()) {
      const { status } = await fetchRelay(senderRequest(this.#listed.address, token));
      const letsIn = live && index === this.#tokens.length - 1;
      // One that has not heard of it may still be suspended by the notice agreed to before.
      if (!letsIn || this.#said?.heard) expect(status, "a deposit").toBe(letsIn ? 201 : 401);
    }
    const pass = { nonce: randomKey(), mayOpen: true };
    const claimed = await this.#stub.claimOneTimeKey(pass);
    const introduced = await this.#stub.deposit(pass, envelope(1), 60);
    const mayBegin = live && this.#covers("discovery");
    for (const { outcome } of [claimed, introduced])
      if (!mayBegin || this.#said?.heard)
        expect(outcome !== "not-authorized", "an introduction").toBe(mayBegin);
    for (const route of await this.#served())
      expect(this.#covers("discovery"), `route ${route} is served`).toBe(true);
    if (!this.#open) expect(await tables(this.#stub)).toEqual([]);
    if (this.#said === undefined) await this.#isGone();
  }

  async #grant(purposes: Purpose[], crash: boolean): Promise<void> {
    const { device } = this.#listed;
    if (crash)
      await runInDurableObject(this.#stub, (_: Mailbox, { storage }) => {
        vi.spyOn(storage, "transactionSync").mockImplementationOnce(() => {
          throw new Error("crash");
        });
      });
    const answer = await device.grant(device.grantBody(device.statement({ purposes })));
    if (answer.status === 409) {
      expect(this.#ending).toBe(true);
      return;
    }
    const record = await consentOf(env.RECORDS, device.address);
    const taken = record?.purposes.join() === purposes.join();
    if (taken) this.#said = { purposes, notice: currentNotice(env).version, heard: answer.ok };
    this.#listed.consentId = record?.consentId ?? "";
    if (!answer.ok) {
      expect([answer.status, crash]).toEqual([503, true]);
      if (record === undefined) this.#said = undefined;
      await this.#mend();
      return;
    }
    expect(this.#ending).toBe(false);
    const { deliveryToken } = await answer.json<{ deliveryToken: string }>();
    if (!this.#open) this.#tokens.push(deliveryToken);
    expect(this.#tokens.at(-1)).toBe(deliveryToken);
    this.#open = true;
    await this.#mend();
  }

  async #withdraw(crash: "none" | "records" | "erasing"): Promise<void> {
    if (crash === "records")
      await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO consent_receipt_gone");
    if (crash === "erasing")
      await runInDurableObject(this.#stub, (_: Mailbox, { storage }) => {
        vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("crash"));
      });
    const { status } = await this.#listed.device.withdraw();
    if (crash === "records")
      await env.RECORDS.exec("ALTER TABLE consent_receipt_gone RENAME TO consent_receipt");
    await this.#mend();
    if (status === 404) {
      expect(this.#said).toBeUndefined();
      return;
    }
    if (status === 200) this.#ended();
    else {
      expect([status, crash === "none"]).toEqual([409, false]);
      this.#ending = true;
      this.#open = true;
      if (crash === "erasing") this.#said = undefined;
    }
  }

  async #alarm(): Promise<void> {
    await runDurableObjectAlarm(this.#stub);
    if (this.#ending) this.#ended();
  }

  #ended(): void {
    this.#open = false;
    this.#ending = false;
    this.#said = undefined;
  }

  /** A crash that nothing ran into is none. */
  async #mend(): Promise<void> {
    await runInDurableObject(this.#stub, (_: Mailbox, { storage }) => {
      vi.spyOn(storage, "transactionSync").mockRestore();
      vi.spyOn(storage, "deleteAll").mockRestore();
    });
  }

  #covers(purpose: Purpose): boolean {
    const said = this.#said;
    if (said === undefined || !said.purposes.includes(purpose)) return false;
    return said.notice >= materialSince();
  }

  async #served(): Promise<string[]> {
    const { results } = await env.RECORDS.prepare("SELECT route_id AS id FROM route WHERE consent_id = ?")
      .bind(this.#listed.consentId)
      .all<{ id: string }>();
    for (const { id } of results) this.#routes.add(id);
    const everything = parsePrefix("") ?? { width: 0, bits: "" };
    const served = { materialSince: materialSince(), now: Date.now() };
    const entries = await entriesUnder(env.RECORDS, 1, everything, served);
    const ids = entries.map((entry) =>
      [...entry.subarray(0, 16)].map((o) => o.toString(16).padStart(2, "0")).join(""),
    );
    return ids.filter((id) => this.#routes.has(id));
  }

  /** No row of D1 names the device, and none hangs on its consent. */
  async #isGone(): Promise<void> {
    for (const table of ["consent", "consent_purpose", "route", "route_claim", "verified_number"]) {
      const { results } = await env.RECORDS.prepare(`SELECT * FROM ${table}`).all();
      const text = JSON.stringify(results);
      expect(text).not.toContain(this.#listed.address);
      if (this.#listed.consentId !== "") expect(text).not.toContain(this.#listed.consentId);
    }
  }
}

it("nothing is accepted or served without a live consent that covers it, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEPS, { minLength: 3, maxLength: 14 }), async (steps) => {
      rollBackAll();
      const life = new Life();
      await life.probe();
      for (const step of steps) {
        await life.take(step);
        await life.probe();
      }
    }),
    {
      numRuns: 12,
      // A renewal of a grant whose mailbox had never opened: its purposes and notice were not taken over.
      examples: [
        [
          [
            { do: "grant", purposes: ["messaging"], crash: true },
            { do: "publish", material: true },
            { do: "grant", purposes: ["messaging", "discovery"], crash: false },
          ],
        ],
        [
          [
            { do: "grant", purposes: ["messaging", "discovery"], crash: true },
            { do: "grant", purposes: ["messaging"], crash: false },
          ],
        ],
        [
          [
            { do: "grant", purposes: ["messaging", "discovery"], crash: false },
            { do: "list" },
            { do: "grant", purposes: ["messaging"], crash: true },
            { do: "lapse" },
          ],
        ],
        // Agreed anew while suspended, and the mailbox has not heard of it.
        [
          [
            { do: "grant", purposes: ["messaging"], crash: false },
            { do: "publish", material: true },
            { do: "grant", purposes: ["messaging"], crash: true },
            { do: "grant", purposes: ["messaging"], crash: false },
          ],
        ],
      ],
    },
  );
}, 60_000);
