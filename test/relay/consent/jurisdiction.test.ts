import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/protocol/address.ts";
import type {
  ConsentGrantedAnswer,
  HeldAnswer,
  NoticeAnswer,
  ReceiptAnswer,
} from "../../../src/protocol/answers.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import { consentOf } from "../../../src/relay/consent/records.ts";
import worker from "../../../src/relay/index.ts";
import { nearest } from "../../../src/relay/mailbox/place.ts";
import { mailboxOf } from "../../../src/relay/mailbox/stub.ts";
import { ORIGIN, refusal, SigningDevice } from "../edge/signing-device.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

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
    const configured = {
      ...env,
      MAILBOX: binding,
      JURISDICTIONS: "eu fedramp",
      RECORDS_FEDRAMP: env.RECORDS,
    };
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

/** The relay with a jurisdiction, in the one place that local workerd has: its objects in there are the same ones. */
function inEurope(): Env {
  const within = (namespace: object) =>
    new Proxy(namespace, { get: (of, name) => (name === "jurisdiction" ? () => of : bound(of, name)) });
  const bound = (of: object, name: string | symbol) => {
    const value = Reflect.get(of, name);
    return typeof value === "function" ? value.bind(of) : value;
  };
  return { ...env, JURISDICTIONS: "eu", MAILBOX: within(env.MAILBOX) as Env["MAILBOX"] };
}

describe("the records of a jurisdiction", () => {
  const rows = async (records: D1Database) => (await consentRows(records)).results;
  const consentRows = (records: D1Database) => records.prepare("SELECT address FROM consent").all();
  const call = (device: SigningDevice, method: string, path: string, json?: unknown) =>
    app.fetch(device.request({ method, path, json, ...(method === "GET" && { nonce: null }) }), inEurope());

  it("are in its own database from the first yes to the end, and in no other", async () => {
    const device = new SigningDevice("eu");
    const granted = await call(device, "POST", ROUTES.consents, device.grantBody());
    expect(granted.status).toBe(201);
    expect([await rows(env.RECORDS), await rows(env.RECORDS_EU)]).toEqual([
      [],
      [{ address: device.address }],
    ]);
    expect(await (await call(device, "GET", ROUTES.currentConsent)).json()).toMatchObject({
      jurisdiction: "eu",
    });
    const held = (await (await call(device, "GET", ROUTES.held)).json()) as HeldAnswer;
    expect(held.records.map(({ table }) => table)).toContain("consent");
    const { receipt } = (await (await call(device, "DELETE", ROUTES.currentConsent)).json()) as ReceiptAnswer;
    expect([await rows(env.RECORDS), await rows(env.RECORDS_EU)]).toEqual([[], []]);
    const { consentId } = (await granted.json()) as ConsentGrantedAnswer;
    const path = ORIGIN + pathOf(ROUTES.receipt, { consentId });
    const found = await app.fetch(new Request(path), inEurope());
    expect(await found.json()).toEqual({ receipt });
    for (const records of [env.RECORDS, env.RECORDS_EU]) {
      const kept = await records.prepare("SELECT receipt FROM consent_receipt").all();
      expect(kept.results).toEqual(records === env.RECORDS_EU ? [{ receipt }] : []);
    }
  });

  it("can't be reached: nobody in another jurisdiction is turned away for it, and the daily run does the others", async () => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    vi.spyOn(console, "error").mockImplementation(() => {});
    const device = new SigningDevice("eu");
    const { consentId } = (await (
      await call(device, "POST", ROUTES.consents, device.grantBody())
    ).json()) as ConsentGrantedAnswer;
    const unreachable = () => {
      throw new Error("unreachable");
    };
    const down = {
      ...inEurope(),
      RECORDS: { prepare: unreachable, batch: unreachable } as unknown as D1Database,
    };
    const look = (path: typeof ROUTES.receipt | typeof ROUTES.consentEvents, id: string) =>
      app.fetch(new Request(ORIGIN + pathOf(path, { consentId: id })), down);
    for (const path of [ROUTES.receipt, ROUTES.consentEvents]) {
      expect((await look(path, consentId)).status, path).toBe(200);
      // Whether it is in the other one nobody knows.
      expect((await look(path, "A".repeat(22))).status, path).toBe(500);
    }
    const headsIn = async () =>
      (await env.RECORDS_EU.prepare("SELECT day FROM ledger_head").all()).results.length;
    const before = await headsIn();
    const run = worker.scheduled(createScheduledController({ scheduledTime: Date.now() }), down);
    await expect(run).rejects.toThrow("unreachable");
    expect(await headsIn()).toBe(before + 1);
  });

  it("are missing: nothing is held there, though it is configured", async () => {
    const device = new SigningDevice("us");
    const configured = { ...inEurope(), JURISDICTIONS: "us" };
    const request = device.request({ method: "POST", path: ROUTES.consents, json: device.grantBody() });
    expect(await refusal(app.fetch(request, configured))).toEqual([400, "jurisdiction-unavailable"]);
    const look = device.request({ method: "GET", path: ROUTES.currentConsent, nonce: null });
    expect(await refusal(app.fetch(look, configured))).toEqual([404, "no-consent"]);
  });
});

describe("a mailbox in no jurisdiction", () => {
  it("is made near the device that opens it, and one in a jurisdiction where that says", () => {
    const hints: unknown[] = [];
    const namespace = {
      idFromName: (name: string) => name,
      get: (_: string, options?: object) => hints.push(options),
    };
    const binding = { ...namespace, jurisdiction: () => namespace } as unknown as Env["MAILBOX"];
    const configured = { ...env, MAILBOX: binding, JURISDICTIONS: "eu" };
    for (const device of [new SigningDevice(), new SigningDevice("eu")])
      mailboxOf(configured, addressOf(device), "weur");
    mailboxOf(configured, addressOf(new SigningDevice()));
    expect(hints).toEqual([{ locationHint: "weur" }, undefined, undefined]);
  });

  it.each([
    [{ continent: "NA", longitude: "-122.3" }, "wnam"],
    [{ continent: "NA", longitude: "-74" }, "enam"],
    [{ continent: "EU", longitude: "2.3" }, "weur"],
    [{ continent: "EU", longitude: "21" }, "eeur"],
    [{ continent: "AS", longitude: "55.3" }, "me"],
    [{ continent: "AS", longitude: "139.7" }, "apac"],
    [{ continent: "OC" }, "oc"],
    [{ continent: "AN" }, undefined],
    [undefined, undefined],
  ])("of %j is hinted at %s", (cf, hint) => {
    expect(nearest(cf)).toBe(hint);
  });
});

describe("the notice", () => {
  const noticeWith = async (JURISDICTIONS: string, more: object = {}) => {
    const configured = { ...inEurope(), JURISDICTIONS, ...more };
    const answer = await app.fetch(new Request(ORIGIN + ROUTES.notice), configured);
    return (await answer.json()) as NoticeAnswer;
  };

  it("lists the jurisdictions that are served: those with a database", async () => {
    expect((await noticeWith("eu  us")).jurisdictions).toEqual(["eu"]);
    expect((await noticeWith("eu  us", { RECORDS_US: env.RECORDS })).jurisdictions).toEqual(["eu", "us"]);
  });

  it("lists none that the platform refuses: nobody shall agree, and say so with their address, in vain", async () => {
    // Local workerd has no jurisdictions and throws: the case at hand.
    const notice = await noticeWith("eu", { MAILBOX: env.MAILBOX });
    expect(notice.jurisdictions).toEqual([]);
    expect(notice.purposes.flatMap(({ jurisdictions }) => jurisdictions)).toEqual([]);
  });

  it("says of each purpose where it is offered, which is what is taken there, under the hash that it had", async () => {
    const [there, nowhere] = [await noticeWith("eu"), await noticeWith("")];
    expect(there.purposes.map(({ purpose, jurisdictions }) => [purpose, jurisdictions])).toEqual([
      ["messaging", ["eu"]],
      ["number", ["eu"]],
      ["discovery", []],
    ]);
    expect(nowhere.purposes.every(({ jurisdictions }) => jurisdictions.length === 0)).toBe(true);
    expect(there.hash).toBe(nowhere.hash);
    for (const { purpose, jurisdictions } of there.purposes)
      for (const place of ["", "eu"]) {
        const device = new SigningDevice(place);
        const json = device.grantBody(
          device.statement({ purposes: [...new Set(["messaging", purpose] as const)] }),
        );
        const answer = await app.fetch(
          device.request({ method: "POST", path: ROUTES.consents, json }),
          inEurope(),
        );
        const taken = place === "" || jurisdictions.includes(place);
        expect(answer.status, `${purpose} in ${place}`).toBe(taken ? 201 : 400);
      }
  });
});
