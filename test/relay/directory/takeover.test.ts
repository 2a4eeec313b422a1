import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConsentAnswer, MailboxAnswer } from "../../../src/protocol/answers.ts";
import { decodeRelayFrame } from "../../../src/protocol/frames.ts";
import { DAY, TAKEOVER_WAIT } from "../../../src/protocol/limits.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import worker from "../../../src/relay/index.ts";
import { refusal } from "../edge/signing-device.ts";
import { failWrites } from "../mailbox/stage.ts";
import { contested, kinds, mailboxRow, pass, stub } from "./contest.ts";
import { anyNumber, Listed, rows } from "./stage.ts";

/** Signatures and statements go by it too. */
const START = Date.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => vi.useRealTimers());
const daily = () => worker.scheduled(createScheduledController({ scheduledTime: Date.now() }), env);

async function mailboxOf(listed: Listed): Promise<MailboxAnswer> {
  return (await listed.call({ method: "GET", path: ROUTES.mailbox, nonce: null })).json();
}

async function purposesOf(listed: Listed): Promise<readonly string[]> {
  const answer = await listed.call({ method: "GET", path: ROUTES.currentConsent, nonce: null });
  return ((await answer.json()) as ConsentAnswer).purposes;
}

describe("a number that is verified anew", () => {
  it("waits 72 hours while the old device is in use, which is found until then, and told", async () => {
    const { number, old, young, found } = await contested();
    const effectiveAt = Date.now() + TAKEOVER_WAIT;
    const since = Date.now();
    const waiting = { state: "waiting", since, effectiveAt, versions: [1] };
    expect(await (await young.put(number)).json()).toEqual(waiting);
    expect(await young.route()).toEqual(waiting);
    expect(await old.route()).toMatchObject({ state: "listed", claim: { effectiveAt } });
    expect((await mailboxOf(old)).routeClaim).toBe(effectiveAt);
    expect((await mailboxOf(young)).routeClaim).toBeNull();
    pass(TAKEOVER_WAIT - 1);
    expect(await found()).toBe(old.address);
    pass(1);
    expect(await found()).toBe(young.address);
  });

  it("does not begin to wait again when it is asked for again, nor when it is verified again", async () => {
    const { number, old, young } = await contested();
    const verifiedAt = Date.now();
    const first = await (await young.put(number, { verifiedAt })).json();
    pass(60_000);
    expect(await (await young.put(number, { verifiedAt })).json()).toEqual(first);
    expect(await (await young.put(number)).json()).toEqual(first);
    expect((await rows("route_claim")).filter((row) => row.consent_id === young.consentId)).toHaveLength(1);
    expect(await old.route()).toMatchObject({ state: "listed" });
  });

  it.each<[string, (parties: { old: Listed; young: Listed }) => Promise<unknown>]>([
    ["the old device asks", ({ old }) => old.route()],
    ["the new one asks", ({ young }) => young.route()],
    ["the daily run comes by", () => daily()],
  ])("is settled once its time has come and %s", async (_, touch) => {
    const { number, old, young, found } = await contested();
    await young.put(number);
    pass(TAKEOVER_WAIT);
    await touch({ old, young });
    expect((await rows("route_claim")).filter((row) => row.consent_id === young.consentId)).toEqual([]);
    expect(await young.route()).toMatchObject({ state: "listed", versions: [1] });
    expect(await old.route()).toEqual({ state: "superseded", versions: [] });
    expect(await found()).toBe(young.address);
    expect(await purposesOf(old)).toEqual(["messaging", "number"]);
    expect(await kinds(old)).toEqual(["granted", "superseded"]);
    // Told at the next connect, however late; and strangers begin no more.
    expect((await mailboxOf(old)).routeClaim).toBe(START + 1000 + TAKEOVER_WAIT);
    expect(await mailboxRow(old)).toMatchObject({ introductions: 0 });
    await daily();
    expect(await kinds(old)).toEqual(["granted", "superseded"]);
  });

  it("leaves the old device its mailbox, and lets it agree and list itself anew", async () => {
    const { number, old, young } = await contested();
    await young.put(number);
    pass(TAKEOVER_WAIT);
    expect(await old.route()).toMatchObject({ state: "superseded" });
    expect((await old.call({ method: "POST", path: ROUTES.nonce })).status).toBe(200);
    expect(await refusal(old.put(number))).toEqual([403, "purpose-not-granted"]);
    await old.agree(["messaging", "number", "discovery"]);
    expect(await old.route()).toEqual({ state: "unlisted", versions: [] });
    expect((await mailboxOf(old)).routeClaim).toBeNull();
    expect(await (await old.put(number)).json()).toMatchObject({ state: "waiting" });
    expect(await young.route()).toMatchObject({ state: "listed", claim: {} });
  });

  it("takes over at once from a device that was not there for 30 days", async () => {
    const { number, old, young, found } = await contested();
    pass(31 * DAY);
    expect(await (await young.put(number)).json()).toMatchObject({ state: "listed", versions: [1] });
    expect(await found()).toBe(young.address);
    expect(await kinds(old)).toEqual(["granted", "superseded"]);
    expect((await mailboxOf(old)).routeClaim).toBe(Date.now());
  });

  it("waits for a device that was there 30 days ago, if only for its own sake", async () => {
    const { number, old, young } = await contested();
    pass(10 * DAY);
    await old.call({ method: "POST", path: ROUTES.nonce });
    pass(29 * DAY);
    expect(await (await young.put(number)).json()).toMatchObject({ state: "waiting" });
  });

  it("is the new device's as soon as the old one lets it go", async () => {
    const { number, old, young, found } = await contested();
    await young.put(number);
    expect((await old.unlist()).status).toBe(200);
    expect(await young.route()).toMatchObject({ state: "listed" });
    expect(await found()).toBe(young.address);
    expect(await old.route()).toEqual({ state: "unlisted", versions: [] });
    // It said so itself: nothing of its grant was taken.
    expect(await kinds(old)).toEqual(["granted"]);
    expect((await mailboxOf(old)).routeClaim).toBeNull();
  });

  it("is the new device's as soon as the old one has withdrawn", async () => {
    const { number, old, young, found } = await contested();
    await young.put(number);
    expect((await old.device.withdraw()).status).toBe(200);
    expect(await young.route()).toMatchObject({ state: "listed" });
    expect(await found()).toBe(young.address);
  });

  it("stays the old device's when that verifies it later still", async () => {
    const { number, old, young, found } = await contested();
    await young.put(number);
    pass(1000);
    expect(await (await old.put(number)).json()).toMatchObject({ state: "listed" });
    expect(await old.route()).not.toHaveProperty("claim");
    expect((await mailboxOf(old)).routeClaim).toBeNull();
    expect(await young.route()).toEqual({ state: "unlisted", versions: [] });
    pass(TAKEOVER_WAIT);
    expect(await found()).toBe(old.address);
  });

  it("is not kept by a proof from before the claim, nor claimed by one from before the route", async () => {
    const { number, old, young } = await contested();
    const before = Date.now() - 500;
    await young.put(number);
    expect(await refusal(old.put(number, { verifiedAt: before }))).toEqual([409, "proof-superseded"]);
    const third = await Listed.agreeing();
    for (const verifiedAt of [START - 1, START, before])
      expect(await refusal(third.put(number, { verifiedAt })), `${verifiedAt}`).toEqual([
        409,
        "proof-superseded",
      ]);
    expect(await old.route()).toMatchObject({ state: "listed", claim: {} });
  });

  it("goes to the newest of several who claim it", async () => {
    const { number, old, young, found } = await contested();
    await young.put(number);
    pass(1000);
    const youngest = await Listed.agreeing();
    const { effectiveAt } = (await (await youngest.put(number)).json()) as { effectiveAt: number };
    expect(effectiveAt).toBe(Date.now() + TAKEOVER_WAIT);
    expect(await young.route()).toEqual({ state: "unlisted", versions: [] });
    expect((await mailboxOf(old)).routeClaim).toBe(effectiveAt);
    pass(TAKEOVER_WAIT);
    expect(await found()).toBe(youngest.address);
  });

  it("stays where it is when whoever claims it gives up, and the old device hears of that", async () => {
    for (const giveUp of [
      (young: Listed) => young.unlist(),
      (young: Listed) => young.device.withdraw(),
      (young: Listed) => young.agree(["messaging", "number"]),
      (young: Listed) => young.put(anyNumber()),
    ]) {
      const { number, old, young, found } = await contested();
      await young.put(number);
      await giveUp(young);
      const route = await old.route();
      expect(route.state).toBe("listed");
      expect(route).not.toHaveProperty("claim");
      expect((await mailboxOf(old)).routeClaim).toBeNull();
      pass(TAKEOVER_WAIT);
      expect(await found()).toBe(old.address);
    }
  });

  it("is shown to the old device on its socket, at once and at each connect", async () => {
    const { number, old, young } = await contested();
    const frames = async () => {
      const nonce = String(old.device.nextNonce());
      const { webSocket } = await stub(old).fetch("https://relay.test/v1/mailbox/socket", {
        headers: { Upgrade: "websocket", "x-restante-nonce": nonce },
      });
      if (webSocket === null) throw new Error("no socket");
      webSocket.binaryType = "arraybuffer";
      const heard: unknown[] = [];
      webSocket.addEventListener("message", ({ data }) => {
        heard.push(decodeRelayFrame(new Uint8Array(data as ArrayBuffer))?.kind);
      });
      webSocket.accept();
      return heard;
    };
    const before = await frames();
    await vi.waitFor(() => expect(before).toEqual(["caught-up"]));
    await young.put(number);
    await vi.waitFor(() => expect(before).toEqual(["caught-up", "notice"]));
    const after = await frames();
    await vi.waitFor(() => expect(after).toEqual(["notice", "caught-up"]));
  });

  it("is not claimed while the old device's mailbox does not answer: nobody loses it untold", async () => {
    const { number, old, young } = await contested();
    const mend = await failWrites(stub(old));
    expect(await refusal(young.put(number))).toEqual([503, "unavailable"]);
    expect((await rows("route_claim")).filter((row) => row.consent_id === young.consentId)).toEqual([]);
    mend();
    expect((await young.put(number)).status).toBe(200);
  });

  it("is served to its new device when its time has come, though the old mailbox does not answer", async () => {
    const { number, old, young, found } = await contested();
    await young.put(number);
    pass(TAKEOVER_WAIT);
    const mend = await failWrites(stub(old));
    await daily();
    expect(await young.route()).toMatchObject({ state: "listed" });
    expect(await found()).toBe(young.address);
    expect(await kinds(old)).toEqual(["granted"]);
    mend();
    await daily();
    expect(await kinds(old)).toEqual(["granted", "superseded"]);
  });

  it("ends with one device listed, whoever of many comes at once", async () => {
    const number = anyNumber();
    const all = await Promise.all(Array.from({ length: 6 }, () => Listed.agreeing()));
    await Promise.all(all.map((one, i) => one.put(number, { verifiedAt: Date.now() + i })));
    const states = await Promise.all(all.map(async (one) => (await one.route()).state));
    expect(states.filter((state) => state === "listed")).toHaveLength(1);
    expect(states.filter((state) => state === "waiting").length).toBeLessThan(2);
  });
});
