import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/protocol/address.ts";
import type { NoticeAnswer } from "../../../src/protocol/answers.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import { consentOf } from "../../../src/relay/consent/records.ts";
import { mailboxOf } from "../../../src/relay/mailbox/stub.ts";
import { ORIGIN, refusal, SigningDevice } from "../edge/signing-device.ts";

/** A namespace that says which jurisdiction it was asked for, as the platform's would be held to it. */
function watchedNamespace() {
  const asked: string[] = [];
  const namespace = (jurisdiction: string) => ({
    idFromName: (name: string) => {
      asked.push(`${jurisdiction}/${name}`);
      return name;
    },
    get: () => ({}),
  });
  const binding = { ...namespace(""), jurisdiction: namespace };
  return { asked, binding: binding as unknown as Env["MAILBOX"] };
}

const addressOf = (device: SigningDevice) => {
  const address = parseAddress(device.address);
  if (address === undefined) throw new Error("no address");
  return address;
};

describe("a mailbox", () => {
  it("is found in its address's jurisdiction, where the relay has one", () => {
    const { asked, binding } = watchedNamespace();
    const configured = { ...env, MAILBOX: binding, JURISDICTIONS: "eu fedramp" };
    const devices = [new SigningDevice("eu"), new SigningDevice("fedramp"), new SigningDevice()];
    for (const device of devices) expect(mailboxOf(configured, addressOf(device))).toBeDefined();
    expect(asked).toEqual([
      `eu/${devices[0]?.address}`,
      `fedramp/${devices[1]?.address}`,
      `/${devices[2]?.address}`,
    ]);
  });

  it("is nowhere when the relay does not serve its jurisdiction", () => {
    const { asked, binding } = watchedNamespace();
    for (const JURISDICTIONS of ["", "us", "europe"])
      expect(mailboxOf({ ...env, MAILBOX: binding, JURISDICTIONS }, addressOf(new SigningDevice("eu")))).toBe(
        undefined,
      );
    expect(asked).toEqual([]);
  });

  it("is nowhere when the platform refuses the jurisdiction, and no consent is recorded", async () => {
    // Local workerd has no jurisdictions and throws: the case at hand.
    const configured = { ...env, JURISDICTIONS: "eu" };
    const device = new SigningDevice("eu");
    const request = device.request({ method: "POST", path: ROUTES.consents, json: device.grantBody() });
    expect(await refusal(app.fetch(request, configured))).toEqual([400, "jurisdiction-unavailable"]);
    expect(await consentOf(env.RECORDS, device.address)).toBeUndefined();
  });
});

describe("the notice", () => {
  it("lists the jurisdictions that are served", async () => {
    const get = new Request(ORIGIN + ROUTES.notice);
    const answer = await app.fetch(get, { ...env, JURISDICTIONS: "eu  us" });
    expect(((await answer.json()) as NoticeAnswer).jurisdictions).toEqual(["eu", "us"]);
  });
});
