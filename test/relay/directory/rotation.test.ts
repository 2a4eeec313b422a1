import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TAKEOVER_WAIT } from "../../../src/protocol/limits.ts";
import worker from "../../../src/relay/index.ts";
import { refusal } from "../edge/signing-device.ts";
import { anyNumber, Listed, parameters, RETIRED, ROTATED, relayWith, rows, seeker } from "./stage.ts";

const both = relayWith(ROTATED);
const retired = relayWith(RETIRED);
const START = Date.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => vi.useRealTimers());

const versionsOf = async ({ consentId }: Listed) =>
  (await rows("route")).filter((row) => row.consent_id === consentId).map((row) => row.key_version);

describe("while one key of the directory follows another", () => {
  it("both are published, the new one first, and both are served", async () => {
    const { keys } = await parameters(both);
    expect(keys.map(({ version }) => version)).toEqual([2, 1]);
    expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(2);
  });

  it("who was listed before is found under the old one, and under both once it sent its number again", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    const bert = await seeker();
    const under = (version: number) => bert.find(number, { version, relay: both });
    expect([await under(1), await under(2)]).toEqual([expect.anything(), undefined]);
    const before = await anna.route(both);
    expect(before.versions).toEqual([1]);
    const answer = await anna.moveUp(number, both);
    expect(await answer.json()).toEqual({ ...before, versions: [2, 1] });
    const entry = await under(1);
    expect(entry).toMatchObject({ address: anna.address });
    expect(await under(2)).toEqual(entry);
    expect((await anna.moveUp(number, both)).status).toBe(200);
  });

  it("nobody moves up under a number that is not the one they are listed under", async () => {
    const [number, other] = [anyNumber(), anyNumber()];
    const anna = await Listed.under(number);
    await Listed.under(other);
    const nobody = await Listed.agreeing();
    expect(await refusal(anna.moveUp(other, both))).toEqual([403, "proof-invalid"]);
    expect(await refusal(nobody.moveUp(number, both))).toEqual([403, "proof-invalid"]);
    expect(await refusal(anna.moveUp("+491511234567890123", both))).toEqual([400, "malformed-number"]);
    expect(await versionsOf(anna)).toEqual([1]);
    expect(await versionsOf(nobody)).toEqual([]);
  });

  it("nobody moves up who has taken the purpose `number` back: their number is not to be seen", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    await env.RECORDS.prepare("DELETE FROM consent_purpose WHERE consent_id = ? AND purpose = 'number'")
      .bind(anna.consentId)
      .run();
    expect(await refusal(anna.moveUp(number, both))).toEqual([403, "purpose-not-granted"]);
    expect(await versionsOf(anna)).toEqual([1]);
  });

  it("a proof lists under both", async () => {
    const number = anyNumber();
    const anna = await Listed.agreeing();
    await anna.put(number, { relay: both });
    expect(await anna.route(both)).toMatchObject({ state: "listed", versions: [2, 1] });
    const bert = await seeker();
    for (const version of [1, 2])
      expect(await bert.find(number, { version, relay: both })).toMatchObject({ address: anna.address });
  });

  it("a number is handed over under both, though its old device has not come by", async () => {
    const number = anyNumber();
    const old = await Listed.under(number);
    vi.setSystemTime(START + 1000);
    const young = await Listed.agreeing();
    expect(await (await young.put(number, { relay: both })).json()).toMatchObject({
      state: "waiting",
      versions: [2, 1],
    });
    const bert = await seeker();
    const under = async (version: number) => (await bert.find(number, { version, relay: both }))?.address;
    expect([await under(1), await under(2)]).toEqual([old.address, old.address]);
    vi.setSystemTime(START + 1000 + TAKEOVER_WAIT);
    expect([await under(1), await under(2)]).toEqual([young.address, young.address]);
    expect(await young.route(both)).toMatchObject({ state: "listed", versions: [2, 1] });
    expect(await old.route(both)).toMatchObject({ state: "superseded" });
    expect(await versionsOf(young)).toEqual([1, 2]);
  });

  it("who did not come by is unlisted when the old key goes, and its row with the next daily run", async () => {
    const number = anyNumber();
    const [slow, quick] = [await Listed.under(number), await Listed.under(anyNumber())];
    const other = anyNumber();
    await quick.put(other, { relay: both });
    expect(await slow.route(retired)).toEqual({ state: "unlisted", versions: [] });
    expect(await quick.route(retired)).toMatchObject({ state: "listed", versions: [2] });
    expect(await refusal(slow.moveUp(number, retired))).toEqual([403, "proof-invalid"]);
    const controller = createScheduledController({ scheduledTime: Date.now() });
    // A secret that is not there is no key that went.
    await worker.scheduled(controller, { ...env, DIRECTORY_KEYS: "" });
    expect(await versionsOf(slow)).toEqual([1]);
    await worker.scheduled(controller, { ...env, ...RETIRED });
    expect(await versionsOf(slow)).toEqual([]);
    expect(await versionsOf(quick)).toEqual([2]);
    expect((await rows("directory_size")).find((row) => row.key_version === 1)).toMatchObject({ routes: 0 });
    const listed = (await rows("route")).length;
    expect((await rows("directory_size")).find((row) => row.key_version === 2)).toMatchObject({
      routes: listed,
    });
    expect(await (await slow.put(number, { relay: retired })).json()).toMatchObject({ versions: [2] });
  });
});
