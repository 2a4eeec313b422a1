import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { blind } from "../../../src/protocol/voprf.ts";
import { refusal, type SignedCall } from "../edge/signing-device.ts";
import { anyNumber, Listed, relayWith } from "./stage.ts";

/** A database that counts what it is asked. */
function countingRelay() {
  const asked: string[] = [];
  const RECORDS = {
    prepare: (sql: string) => {
      asked.push(sql);
      return env.RECORDS.prepare(sql);
    },
    batch: (statements: D1PreparedStatement[]) => env.RECORDS.batch(statements),
  } as unknown as D1Database;
  return { asked, relay: relayWith({ RECORDS }) };
}

/** Thirty-two octets that are no point: what looks at them says so. */
const json = { version: 1, elements: [`${"_".repeat(42)}8`] };

const CALLS: Record<string, (anna: Listed) => SignedCall> = {
  "look-ups": () => ({ method: "POST", path: ROUTES.evaluations, json }),
  introductions: () => ({ method: "POST", path: ROUTES.introductions, json }),
  "a listing": (anna) => ({ method: "PUT", path: ROUTES.route, json: { proof: anna.proof(anyNumber()) } }),
  "moving up": () => ({ method: "PUT", path: ROUTES.route, json: { number: anyNumber() } }),
  "leaving the list": () => ({ method: "DELETE", path: ROUTES.route }),
};

describe("a replay", () => {
  it.each(Object.entries(CALLS))(
    "of a call for %s ends before D1 is asked or a point is read",
    async (_, callOf) => {
      const anna = await Listed.agreeing();
      await anna.verify(anyNumber());
      const { asked, relay } = countingRelay();
      expect(await refusal(await anna.call({ ...callOf(anna), nonce: 1 }, relay))).toEqual([
        409,
        "nonce-used",
      ]);
      expect(asked).toEqual([]);
    },
  );
});

describe("a look-up", () => {
  it("asks D1 twice: who looks up, and to spend", async () => {
    const anna = await Listed.agreeing();
    await anna.verify(anyNumber());
    const { asked, relay } = countingRelay();
    const { element } = blind(new Uint8Array(16));
    expect((await anna.evaluate([element], 1, relay)).status).toBe(200);
    expect(asked).toHaveLength(2);
  });
});
