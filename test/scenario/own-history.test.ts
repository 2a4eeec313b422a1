import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { readRecords } from "../../src/local/storage.ts";
import type { EventsAnswer, NoticeAnswer } from "../../src/protocol/answers.ts";
import type { Purpose } from "../../src/protocol/consent-statement.ts";
import { eventHash } from "../../src/protocol/ledger/event.ts";
import type { LedgerEvent } from "../../src/protocol/ledger/line.ts";
import { DAY, EVENT_KEPT } from "../../src/protocol/limits.ts";
import { restante } from "../cli/run-restante.ts";
import { eventually, useRelay } from "./relay.ts";
import { letRecordsAge } from "./time-passing.ts";

const relay = useRelay();

/** A device whose relay's events go through `treat` before they arrive. */
async function fresh(treat: (answer: EventsAnswer) => EventsAnswer = (answer) => answer): Promise<Device> {
  const lying: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    if (!String(input).includes("/events")) return answer;
    return Response.json(treat((await answer.json()) as EventsAnswer));
  };
  return Device.create({ relay: relay().origin, vault: new MemoryVault(), platform: { fetch: lying } });
}

async function agree(device: Device, ...purposes: Purpose[]): Promise<void> {
  await device.consent({ notice: await device.notice(), purposes, method: "test" });
}

const kindsOf = async (device: Device) =>
  (await device.history()).map(({ events }) => events.map(({ kind }) => kind));
const findingsOf = async (device: Device) =>
  (await device.history()).flatMap(({ findings }) => findings.map(({ kind }) => kind));

describe("a device's own history", () => {
  it("is what the ledger has, of every consent and also after its end", async () => {
    const device = await Device.create({ relay: relay().origin, vault: new MemoryVault() });
    expect(await device.history()).toEqual([]);
    await agree(device, "messaging", "number");
    await agree(device, "messaging");
    expect(await kindsOf(device)).toEqual([["granted", "narrowed"]]);
    const { receipt } = await device.withdraw();
    expect(await kindsOf(device)).toEqual([["granted", "narrowed", "withdrawn"]]);
    await agree(device, "messaging");

    const histories = await device.history();
    expect(histories.map(({ findings }) => findings)).toEqual([[], []]);
    expect(histories[0]?.erasureReceipt).toBe(receipt);
    expect(histories[1]).toMatchObject({ receipt: device.consented()?.receipt });
    const stored = (await readRecords(relay().state)).consent_event ?? [];
    for (const { consentId, events } of histories)
      expect(events.map(({ hash }) => hash)).toEqual(
        stored.filter((row) => row.consent_id === consentId).map((row) => row.hash),
      );
  });

  it("shows that the relay left an event out, cut the end off, or made one up", async () => {
    let treat = (answer: EventsAnswer) => answer;
    const device = await fresh((answer) => treat(answer));
    await agree(device, "messaging", "number");
    await agree(device, "messaging");
    expect(await findingsOf(device)).toEqual([]);
    treat = ({ events, more }) => ({ events: events.slice(1), more });
    expect(await findingsOf(device)).toContain("missing");
    treat = ({ events, more }) => ({ events: events.slice(0, 1), more });
    expect(await findingsOf(device)).toEqual(["not-named"]);
    treat = ({ events, more }) => ({ events: events.map((event) => ({ ...event, occurredAt: 1 })), more });
    expect(await findingsOf(device)).toEqual(["changed", "changed"]);
    treat = (answer) => answer;
    await device.withdraw();
    treat = ({ events, more }) => ({ events: events.slice(0, 2), more });
    expect(await findingsOf(device)).toEqual(["not-named", "not-ended"]);
  });

  it("is refused where the relay's answer is none, or has no end", async () => {
    let treat = (answer: EventsAnswer) => answer;
    const device = await fresh((answer) => treat(answer));
    await agree(device, "messaging");
    for (const bad of [{}, { events: [1], more: false }, { events: [{}], more: false }, { events: [] }]) {
      treat = () => bad as unknown as EventsAnswer;
      await expect(device.history()).rejects.toThrow("another form");
    }
    treat = ({ events }) => ({ events, more: true });
    await expect(device.history()).rejects.toThrow("no end");
  });

  it("ends where the relay ended it, though the device was not told", async () => {
    const vault = new MemoryVault();
    const device = await Device.create({ relay: relay().origin, vault });
    await agree(device, "messaging");
    const lost: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (init?.method === "DELETE") throw new TypeError("the answer was lost");
      return answer;
    };
    const cut = await Device.open({ vault, platform: { fetch: lost } });
    await expect(cut.withdraw()).rejects.toThrow("does not answer");
    expect(device.consented()).toBeDefined();
    expect(await kindsOf(device)).toEqual([["granted", "withdrawn"]]);
    expect(await findingsOf(device)).toEqual([]);
  });
});

type Lie = (answer: Record<string, unknown>) => unknown;

/** A device whose relay lies about what is named here: `POST /v1/consents` and such; undefined: the answer is lost. */
function liedTo(lies: Record<string, Lie | undefined>, vault = new MemoryVault()): Promise<Device> {
  const lying: typeof fetch = async (input, init) => {
    const call = `${init?.method ?? "GET"} ${String(input).slice(relay().origin.length).split("?")[0]}`;
    const answer = await fetch(input, init);
    if (!(call in lies) || !answer.ok) return answer;
    const lie = lies[call];
    if (lie === undefined) throw new TypeError("the answer was lost");
    return Response.json(lie((await answer.json()) as Record<string, unknown>));
  };
  return Device.create({ relay: relay().origin, vault, platform: { fetch: lying } });
}

const consenting = async (device: Device, ...purposes: Purpose[]) =>
  device.consent({ notice: await device.notice(), purposes, method: "test" });
const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url");
const claimsOf = (receipt: string) =>
  JSON.parse(Buffer.from(receipt.split(".")[1] ?? "", "base64url").toString());
const forged = (receipt: string, changed: object) =>
  receipt
    .split(".")
    .with(1, part({ ...claimsOf(receipt), ...changed }))
    .join(".");

const CONSENT = "POST /v1/consents";
const KEYS = "GET /.well-known/jwks.json";

describe("a consent receipt that proves nothing", () => {
  it("is told, and in the history; the consent may be in force all the same, and can be ended", async () => {
    const other = await consenting(await liedTo({}), "messaging");
    for (const receipt of [
      () => undefined,
      () => "e30.e30.e30",
      () => other.receipt,
      (own: string) => own.replace(/.{4}$/, "AAAA"),
      (own: string) => forged(own, { ledger_head: "A".repeat(43) }),
    ]) {
      const device = await liedTo({
        [CONSENT]: (answer) => ({ ...answer, receipt: receipt(String(answer.receipt)) }),
      });
      expect(await consenting(device, "messaging")).toMatchObject({ proven: false });
      expect(device.consented()).toBeDefined();
      expect(await findingsOf(device)).toContain("not-proven");
      await device.withdraw();
      expect(device.consented()).toBeUndefined();
    }
  });

  it("is the one before, when something else was agreed to since", async () => {
    const lies: Record<string, Lie | undefined> = {};
    const device = await liedTo(lies);
    const { receipt, proven } = await consenting(device, "messaging", "number");
    expect(proven).toBe(true);
    lies[CONSENT] = (answer) => ({ ...answer, receipt });
    expect(await consenting(device, "messaging")).toMatchObject({ proven: false });
    expect(await findingsOf(device)).toEqual(["not-named", "not-proven"]);
  });

  it("is proven later, if only the keys could not be had", async () => {
    const lies: Record<string, Lie | undefined> = { [KEYS]: undefined };
    const device = await liedTo(lies);
    expect(await consenting(device, "messaging")).toMatchObject({ proven: false });
    delete lies[KEYS];
    expect(await findingsOf(device)).toEqual([]);
  });

  it("does not let a young consent pass for one that is long over", async () => {
    const hide: Lie = () => ({ events: [], more: false });
    const lies: Record<string, Lie | undefined> = {
      [CONSENT]: (answer) => ({ ...answer, receipt: "e30.e30.e30" }),
      "GET /v1/consents/events": hide,
    };
    const device = await liedTo(lies);
    const { consentId } = await consenting(device, "messaging");
    lies[`GET /v1/receipts/${consentId}/events`] = hide;
    expect(await findingsOf(device)).toContain("missing");
  });
});

describe("an erasure receipt that proves nothing", () => {
  it("ends nothing on the device: the consent may be in force", async () => {
    const vault = new MemoryVault();
    const lies: Record<string, Lie | undefined> = {};
    const device = await liedTo(lies, vault);
    await consenting(device, "messaging");
    const { receipt: earlier = "" } = await device.withdraw();
    const { consentId } = await consenting(device, "messaging");
    const unsigned = `${part({ alg: "none", typ: "restante-erasure+jwt" })}.${part({ ...claimsOf(earlier), consentId })}.`;
    for (const receipt of [
      unsigned,
      earlier,
      forged(earlier, { consentId }),
      device.consented()?.receipt,
      7,
    ]) {
      // Nobody has ended anything, whatever it says.
      const held: typeof fetch = async (input, init) =>
        init?.method === "DELETE" ? Response.json({ receipt }) : fetch(input, init);
      const lied = await Device.open({ vault, platform: { fetch: held } });
      await expect(lied.withdraw(), String(receipt)).rejects.toThrow(/receipt/);
      expect(lied.consented()?.consentId).toBe(consentId);
    }
    // Where it did end one, of which this vault, an old copy say, knows nothing, its own is asked about.
    lies["DELETE /v1/consents/current"] = () => ({ receipt: earlier });
    expect(claimsOf((await device.withdraw()).receipt ?? "")).toMatchObject({ consentId });
    expect(await findingsOf(device)).toEqual([]);
  });

  it("names the end's event: another end shows", async () => {
    const lies: Record<string, Lie | undefined> = {};
    const device = await liedTo(lies);
    const { consentId } = await consenting(device, "messaging");
    const { receipt = "" } = await device.withdraw();
    const events = (await device.history())[0]?.events ?? [];
    expect(claimsOf(receipt).ledger_head).toBe(events.at(-1)?.hash);
    const end = { ...events.at(-1), kind: "lapsed", occurredAt: Date.now() + 365 * DAY } as LedgerEvent;
    lies[`GET /v1/receipts/${consentId}/events`] = () => ({
      events: [events[0], { ...end, hash: eventHash(end) }],
      more: false,
    });
    expect(await findingsOf(device)).toEqual(["not-named"]);
  });
});

describe("three years after the end", () => {
  it("the daily run purges the whole chain and the receipt, says so in numbers, and the history is empty and no fault", async () => {
    const vault = new MemoryVault();
    const left = await liedTo({}, vault);
    const { consentId } = await consenting(left, "messaging");
    await left.withdraw();
    const stays = await consenting(await liedTo({}), "messaging");
    const lines = relay().lines.length;
    await relay().deploy(undefined, () => letRecordsAge(relay().state, consentId));
    await relay().runDaily();

    const rows = await readRecords(relay().state);
    const of = (id: string) => (rows.consent_event ?? []).filter((row) => row.consent_id === id).length;
    expect([of(consentId), of(stays.consentId)]).toEqual([0, 1]);
    expect(rows.consent_receipt?.filter((row) => row.consent_id === consentId)).toEqual([]);
    expect(rows.ledger_purged?.map((row) => Object.keys(row).sort())).toEqual([
      ["hash", "place"],
      ["hash", "place"],
    ]);
    const said = () =>
      relay()
        .lines.slice(lines)
        .find((line) => line.includes("purged:"));
    await eventually(() => said() !== undefined);
    expect(said()).toMatch(
      /^daily run: [0-9]+ events signed; purged: 1 receipts, 2 events, 0 budgets \(all that was due\)$/,
    );
    expect(relay().lines.join("\n")).not.toContain(consentId);

    // Three years later by the device's clock; by today's, they are gone before their time.
    expect((await left.history())[0]).toMatchObject({ events: [] });
    expect(await findingsOf(left)).toContain("missing");
    const later = await Device.open({ vault, platform: { now: () => Date.now() + EVENT_KEPT } });
    expect(await later.history()).toMatchObject([{ consentId, events: [], findings: [] }]);
  });
});

describe("restante history", () => {
  let home = "";
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("tells people what happened, and scripts what `restante audit` checks", async () => {
    home = await mkdtemp(join(tmpdir(), "restante-history-"));
    const run = (...args: string[]) => restante(["--home", home, ...args], { env: { NO_COLOR: "1" } });
    const { hash } = (await (await fetch(`${relay().origin}/v1/notice`)).json()) as NoticeAnswer;
    await run("init", "--relay", relay().origin, "--no-passphrase");
    expect((await run("consent", "--purposes", "messaging", "--notice-hash", hash)).code).toBe(0);
    await run("withdraw", "--yes");
    const told = await run("history");
    expect([told.code, told.stderr]).toEqual([0, ""]);
    expect(told.stdout).toMatch(/over\n.*you agreed, to the notice .*\n.*it ended, as you asked\n.*Whole/);

    const { stdout: lines } = await run("--json", "history");
    const stored = (await readRecords(relay().state)).consent_event ?? [];
    expect(lines.trimEnd().split("\n")).toHaveLength(2);
    for (const line of lines.trimEnd().split("\n"))
      expect(stored.map((row) => row.hash)).toContain(JSON.parse(line).hash);
    const audited = await restante(["--json", "audit", "--part"], { input: lines });
    expect(JSON.parse(audited.stdout)).toMatchObject({ whole: true, events: 2, consents: 1 });
  });
});
