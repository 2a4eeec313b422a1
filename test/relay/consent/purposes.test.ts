import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { PURPOSES, type Purpose } from "../../../src/protocol/consent-statement.ts";
import { tagInput } from "../../../src/protocol/directory/number-tag.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { blind } from "../../../src/protocol/voprf.ts";
import { offeredPurposes } from "../../../src/relay/consent/purposes.ts";
import { anyNumber, Listed } from "../directory/stage.ts";
import { fetchRelay, refusal, senderRequest } from "../edge/signing-device.ts";

const blinded = () => encodeBase64url(blind(tagInput(anyNumber())).element);

interface Gate {
  readonly purpose: Purpose;
  readonly does: string;
  /** A call that is the purpose's function; what else it needs is there. */
  call(device: Listed, number: string): Promise<Response>;
  readonly opens: number;
  /** What goes with the purpose. */
  readonly table?: string;
}

/** Each purpose that is offered, and every function behind it. `messaging` is the consent itself: see below. */
const GATES: readonly Gate[] = [
  {
    purpose: "number",
    does: "asking for a code",
    call: ({ device }, number) =>
      device.call({ method: "POST", path: ROUTES.verifications, json: { number } }),
    opens: 201,
  },
  {
    purpose: "number",
    does: "looking others up",
    call: (device) => device.evaluate([blinded()]),
    opens: 200,
    table: "verified_number",
  },
  {
    purpose: "number",
    does: "introducing oneself",
    call: ({ device }) =>
      device.call({
        method: "POST",
        path: ROUTES.introductions,
        json: { version: 1, elements: [blinded()] },
      }),
    opens: 200,
  },
  {
    purpose: "discovery",
    does: "being listed",
    call: (device, number) => device.put(number),
    opens: 200,
    table: "route",
  },
];

const rowsOf = async (table: string, consentId: string) =>
  (await env.RECORDS.prepare(`SELECT * FROM ${table} WHERE consent_id = ?`).bind(consentId).all()).results
    .length;
const kindsOf = async (consentId: string) =>
  (
    await env.RECORDS.prepare("SELECT kind FROM consent_event WHERE consent_id = ? ORDER BY position")
      .bind(consentId)
      .all<{ kind: string }>()
  ).results.map(({ kind }) => kind);

describe("a purpose", () => {
  const offered = offeredPurposes(env);

  it.each(GATES)("$purpose alone gates $does: granted, taken away, granted again", async (gate) => {
    const others = offered.filter((purpose) => purpose !== gate.purpose);
    const number = anyNumber();
    const device = await Listed.agreeing([...others]);
    expect(await refusal(gate.call(device, number))).toEqual([403, "purpose-not-granted"]);

    await device.agree([...offered]);
    await device.verify(number);
    expect((await gate.call(device, number)).status).toBe(gate.opens);
    if (gate.table) expect(await rowsOf(gate.table, device.consentId)).toBeGreaterThan(0);

    await device.agree([...others]);
    expect(await refusal(gate.call(device, number))).toEqual([403, "purpose-not-granted"]);
    if (gate.table) expect(await rowsOf(gate.table, device.consentId)).toBe(0);
    expect(await kindsOf(device.consentId)).toEqual(["granted", "renewed", "narrowed"]);
    // What the others gate was not touched.
    expect((await device.device.read(ROUTES.mailbox)).status).toBe(200);
  });

  it("number is needed to be listed, also with a proof from before it was taken away, and not to stay listed", async () => {
    const number = anyNumber();
    const device = await Listed.agreeing([...offered]);
    await device.agree(offered.filter((purpose) => purpose !== "number"));
    expect(await refusal(device.put(number))).toEqual([403, "purpose-not-granted"]);
    expect(await rowsOf("route", device.consentId)).toBe(0);

    await device.agree([...offered]);
    expect((await device.put(number)).status).toBe(200);
    await device.agree(offered.filter((purpose) => purpose !== "number"));
    expect((await device.route()).state).toBe("listed");
  });

  it("messaging is the mailbox: no consent is taken without it, and to take it away is to withdraw", async () => {
    const device = await Listed.agreeing(["messaging"]);
    for (const purposes of [["number"], ["discovery"], ["number", "discovery"]] as Purpose[][])
      expect(
        await refusal(device.device.grant(device.device.grantBody(device.device.statement({ purposes })))),
      ).toEqual([400, "statement-invalid"]);
    expect((await device.device.read(ROUTES.mailbox)).status).toBe(200);
    const token = device.device.address;
    expect((await device.device.withdraw()).status).toBe(200);
    expect(await refusal(device.device.read(ROUTES.mailbox))).toEqual([404, "no-consent"]);
    expect(await refusal(fetchRelay(senderRequest(token, "A".repeat(66))))).toEqual([401, "not-authorized"]);
  });

  it("that gates nothing here is not offered, and a statement that names it is refused", async () => {
    const gated = new Set<Purpose>(["messaging", ...GATES.map(({ purpose }) => purpose)]);
    expect(offered.filter((purpose) => !gated.has(purpose))).toEqual([]);
    for (const purpose of PURPOSES.filter((purpose) => !gated.has(purpose))) {
      const { device } = new Listed();
      const body = device.grantBody(device.statement({ purposes: ["messaging", purpose] }));
      expect(await refusal(device.grant(body)), purpose).toEqual([400, "statement-invalid"]);
    }
  });
});
