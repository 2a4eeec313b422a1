import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/protocol/address.ts";
import { oneTimeCodeOf } from "../../../src/relay/verification/stub.ts";
import { SigningDevice } from "../edge/signing-device.ts";

/** A namespace that says which jurisdiction it was asked for, as the platform's would be held to it. */
function watchedNamespace() {
  const asked: string[] = [];
  const namespace = (jurisdiction: string) => ({
    idFromName: (name: string) => {
      asked.push(`${jurisdiction}/${name}`);
      return name;
    },
    get: () => ({ fetch: async () => Response.json(true) }),
  });
  const binding = { ...namespace(""), jurisdiction: namespace };
  return { asked, binding: binding as unknown as Env["ONE_TIME_CODE"] };
}

function addressIn(jurisdiction: string) {
  const address = parseAddress(new SigningDevice(jurisdiction).address);
  if (address === undefined) throw new Error("no address");
  return address;
}

describe("a one-time-code object", () => {
  it("is found in the jurisdiction of the device that asks, where the relay has one", async () => {
    const { asked, binding } = watchedNamespace();
    const configured = {
      ...env,
      ONE_TIME_CODE: binding,
      JURISDICTIONS: "eu fedramp",
      RECORDS_FEDRAMP: env.RECORDS,
    };
    for (const jurisdiction of ["eu", "fedramp", ""])
      await oneTimeCodeOf(configured, addressIn(jurisdiction), "name")?.abandoned({ address: "a", now: 0 });
    expect(asked).toEqual(["eu/name", "fedramp/name", "/name"]);
  });

  it("is nowhere when the relay does not serve that jurisdiction", () => {
    const { asked, binding } = watchedNamespace();
    for (const JURISDICTIONS of ["", "us", "europe"])
      expect(oneTimeCodeOf({ ...env, ONE_TIME_CODE: binding, JURISDICTIONS }, addressIn("eu"), "name")).toBe(
        undefined,
      );
    expect(asked).toEqual([]);
  });

  it("is nowhere when the platform refuses the jurisdiction", () => {
    // Local workerd has no jurisdictions and throws: the case at hand.
    expect(oneTimeCodeOf({ ...env, JURISDICTIONS: "eu" }, addressIn("eu"), "name")).toBe(undefined);
  });
});
