import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { HeldAnswer, NoticeAnswer } from "../../../src/protocol/answers.ts";
import { DAY, NUMBER_PROOF_LIFE } from "../../../src/protocol/limits.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { refusal } from "../edge/signing-device.ts";
import { anyNumber, get, Listed, NO_DIRECTORY, relayWith, rows, seeker } from "./stage.ts";

afterEach(() => vi.useRealTimers());

describe("a listed device", () => {
  it("is found by its number, with the day of its check, and by no other", async () => {
    const number = anyNumber();
    const anna = await Listed.agreeing();
    expect(await anna.route()).toEqual({ state: "unlisted", versions: [] });
    const before = Date.now();
    const answer = await anna.put(number);
    const listed = { state: "listed", since: expect.any(Number), versions: [1] };
    expect(await answer.json()).toEqual(listed);
    expect(await anna.route()).toEqual(listed);
    expect((await anna.route()).since).toBeGreaterThanOrEqual(before);
    const bert = await seeker();
    const entry = await bert.find(number);
    expect(entry).toEqual({ address: anna.address, verifiedDay: Math.floor(Date.now() / DAY) });
    expect(await bert.find(anyNumber())).toBeUndefined();
  });

  it("lists itself again and again, and stays listed since the first time", async () => {
    const number = anyNumber();
    const anna = await Listed.agreeing();
    const verifiedAt = Date.now() - 1000;
    const first = await (await anna.put(number, { verifiedAt })).json();
    expect(await (await anna.put(number, { verifiedAt })).json()).toEqual(first);
    expect(await (await anna.put(number)).json()).toEqual(first);
    const mine = (await rows("route")).filter((row) => row.consent_id === anna.consentId);
    expect(mine).toHaveLength(1);
    expect(await refusal(anna.put(number, { verifiedAt }))).toEqual([409, "proof-superseded"]);
  });

  it("under another number leaves the one before", async () => {
    const [one, two] = [anyNumber(), anyNumber()];
    const anna = await Listed.under(one);
    await anna.put(two);
    const bert = await seeker();
    expect(await bert.find(one)).toBeUndefined();
    expect(await bert.find(two)).toMatchObject({ address: anna.address });
  });

  it.each<[string, (anna: Listed) => Promise<unknown>]>([
    ["it takes itself off the list", (anna) => anna.unlist()],
    ["it ends the purpose", (anna) => anna.agree(["messaging", "number"])],
    ["it withdraws", (anna) => anna.device.withdraw()],
  ])("is unfindable as soon as %s", async (_, leave) => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    const bert = await seeker();
    expect(await bert.find(number)).toBeDefined();
    await leave(anna);
    expect(await bert.find(number)).toBeUndefined();
    expect((await rows("route")).filter((row) => row.consent_id === anna.consentId)).toEqual([]);
  });

  it("stays listed when it agrees anew, under what it agrees to now", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    await env.RECORDS.prepare("UPDATE route SET notice_version = 0 WHERE consent_id = ?")
      .bind(anna.consentId)
      .run();
    const bert = await seeker();
    // An older notice than the one that says everything: not served until its owner agrees again.
    expect(await bert.find(number)).toBeUndefined();
    await anna.agree(["messaging", "number", "discovery"]);
    expect(await bert.find(number)).toMatchObject({ address: anna.address });
    expect(await anna.route()).toMatchObject({ state: "listed" });
  });

  it("takes itself off the list as often as it likes, and on again with a new proof only", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    for (let times = 0; times < 2; times++) {
      const answer = await anna.unlist();
      expect([answer.status, await answer.json()]).toEqual([200, { state: "unlisted", versions: [] }]);
    }
    expect(await anna.route()).toEqual({ state: "unlisted", versions: [] });
    expect(await refusal(anna.moveUp(number))).toEqual([403, "proof-invalid"]);
    expect((await anna.put(number)).status).toBe(200);
  });

  it("is shown its own row, and no number in it", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    const held: HeldAnswer = await (await anna.device.read(ROUTES.held)).json();
    const route = held.records.find(({ table }) => table === "route");
    expect(route?.rows).toMatchObject([{ consent_id: anna.consentId, purpose: "discovery" }]);
    expect(JSON.stringify(held)).not.toContain(number.slice(3));
  });
});

describe("a proof", () => {
  it("of another device, changed, late or none at all lists nobody", async () => {
    const number = anyNumber();
    const [anna, eve] = [await Listed.agreeing(), await Listed.agreeing()];
    const put = (proof: string) => anna.call({ method: "PUT", path: ROUTES.route, json: { proof } });
    const own = anna.proof(number);
    const changed = own.slice(0, 60) + (own[60] === "A" ? "B" : "A") + own.slice(61);
    const late = anna.proof(number, Date.now() - NUMBER_PROOF_LIFE);
    for (const proof of [eve.proof(number), changed, late, own.slice(1), ""])
      expect(await refusal(await put(proof)), proof).toEqual([403, "proof-invalid"]);
    expect(await anna.route()).toEqual({ state: "unlisted", versions: [] });
    expect((await put(own)).status).toBe(200);
  });

  it("lists only who agreed to be found, and who is there", async () => {
    const number = anyNumber();
    const anna = await Listed.agreeing(["messaging", "number"]);
    expect(await refusal(anna.put(number))).toEqual([403, "purpose-not-granted"]);
    await anna.device.withdraw();
    expect(await refusal(anna.put(number))).toEqual([404, "no-consent"]);
    const nobody = new Listed();
    expect(await refusal(nobody.put(number))).toEqual([404, "no-consent"]);
    expect(await refusal(nobody.unlist())).toEqual([404, "no-consent"]);
    const asked = nobody.call({ method: "GET", path: ROUTES.route, nonce: null });
    expect(await refusal(await asked)).toEqual([404, "no-consent"]);
  });

  it("in a request that was sent before lists nobody", async () => {
    const anna = await Listed.agreeing();
    const nonce = anna.device.nextNonce();
    const call = { method: "PUT", path: ROUTES.route, json: { proof: anna.proof(anyNumber()) }, nonce };
    expect((await anna.call(call)).status).toBe(200);
    expect(await refusal(await anna.call(call))).toEqual([409, "nonce-used"]);
    expect(await refusal(await anna.call({ method: "DELETE", path: ROUTES.route, nonce }))).toEqual([
      409,
      "nonce-used",
    ]);
  });

  it.each([{}, { proof: 1 }, { proof: "x", number: "+4915112345678" }, [], { number: null }])(
    "in the form of %j is none",
    async (json) => {
      const anna = await Listed.agreeing();
      const answer = anna.call({ method: "PUT", path: ROUTES.route, json });
      expect(await refusal(await answer)).toEqual([400, "malformed-request"]);
    },
  );
});

describe("a relay without keys for it", () => {
  it("has no directory and does not offer to be found in it", async () => {
    const relay = relayWith(NO_DIRECTORY);
    const anna = await Listed.under(anyNumber());
    for (const answer of [
      await get(ROUTES.directory, relay),
      await get("/v1/directory/1/all", relay),
      await anna.call({ method: "GET", path: ROUTES.route, nonce: null }, relay),
      await anna.put(anyNumber(), { relay }),
      await anna.call({ method: "DELETE", path: ROUTES.route }, relay),
      await anna.evaluate([""], 1, relay),
    ])
      expect(await refusal(answer)).toEqual([404, "no-directory"]);
    const offered = async (at: typeof relay) =>
      ((await (await get(ROUTES.notice, at)).json()) as NoticeAnswer).purposes.map(({ purpose }) => purpose);
    expect(await offered(relay)).toEqual(["messaging", "number"]);
    expect(await offered(relayWith())).toEqual(["messaging", "number", "discovery"]);
    const bert = new Listed();
    const statement = bert.device.statement({ purposes: ["messaging", "discovery"] });
    const json = bert.device.grantBody(statement);
    expect(await refusal(await bert.call({ method: "POST", path: ROUTES.consents, json }, relay))).toEqual([
      400,
      "statement-invalid",
    ]);
  });
});
