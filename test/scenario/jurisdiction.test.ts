import { beforeAll, describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { fetchHeads } from "../../src/client/ledger-heads.ts";
import { fetchKeySet } from "../../src/client/signed-word.ts";
import { PLATFORM } from "../../src/client/transport.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { buildWorker } from "../../src/local/built-relay.ts";
import { readEveryFile, readMailboxes, readRecordsDatabases } from "../../src/local/storage.ts";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import type { Purpose } from "../../src/protocol/consent-statement.ts";
import { verifyLedger } from "../../src/protocol/ledger/audit.ts";
import { formatLedgerLine, type LedgerEvent } from "../../src/protocol/ledger/line.ts";
import { freshNumber, NumberedDevice, refusal } from "./numbered.ts";
import { person, readAll } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

/** All requests come from the east of Europe. */
const relay = useRelay(() => ({ JURISDICTIONS: "eu" }), {
  databases: { RECORDS_EU: "restante-records-eu" },
  place: { continent: "EU", longitude: "21.01" },
});
const here = () => relay().origin;

const agree = async (device: RawDevice) =>
  device.signed("POST", "/v1/consents", { json: await device.statement() });

/** A row of the ledger as a line of its export. */
const lineOf = (row: Record<string, never>) =>
  formatLedgerLine({
    ...{ place: row.place, consentId: row.consent_id, position: row.position, kind: row.kind },
    ...{ occurredAt: row.occurred_at, noticeHash: row.notice_hash, statementHash: row.statement_hash },
    ...{ previousHash: row.previous_hash, hash: row.hash },
  } as unknown as LedgerEvent);

/** Whose consents are in each database of records that has any. */
async function consents(): Promise<string[][]> {
  const databases = await readRecordsDatabases(relay().state);
  return databases
    .map(({ consent = [] }) => consent.map(({ address }) => String(address)))
    .filter((addresses) => addresses.length > 0);
}

/** What the notice lists, and what it offers there. */
async function offered(): Promise<[jurisdictions: string[], there: Purpose[]]> {
  const { jurisdictions, purposes } = (await (await fetch(`${here()}/v1/notice`)).json()) as NoticeAnswer;
  const there = purposes.filter((one) => one.jurisdictions.includes("eu"));
  return [jurisdictions, there.map(({ purpose }) => purpose)];
}

describe("on a platform that refuses the jurisdiction", () => {
  it("the notice lists it not, and offers nothing there", async () => {
    expect(await offered()).toEqual([[], []]);
  });

  it("nothing is held there, and nothing somewhere else", async () => {
    const device = new RawDevice(here(), "eu");
    expect(await refusal(await agree(device))).toEqual([400, "jurisdiction-unavailable"]);
    expect(await consents()).toEqual([]);
    expect(await readMailboxes(relay().state)).toEqual([]);
    const files = await readEveryFile(relay().state);
    expect(files.filter(({ bytes }) => bytes.includes(device.address)).map(({ path }) => path)).toEqual([]);
  });
});

describe("where the platform has it", () => {
  let there = "";
  beforeAll(async () => {
    there = await buildWorker("test/relay/with-jurisdictions.ts", "with-jurisdictions");
    await relay().deploy(there);
  });

  it("the notice lists it, and what can be agreed to there", async () => {
    expect(await offered()).toEqual([["eu"], ["messaging", "number"]]);
  });

  it("a mailbox, its mail and its records are there, and end there", async () => {
    const [european, elsewhere] = [new RawDevice(here(), "eu"), new RawDevice(here())];
    const granted = await agree(european);
    expect(granted.status).toBe(201);
    const { deliveryToken: token } = (await granted.json()) as { deliveryToken: string };
    await elsewhere.consent("messaging");
    expect(new Set(await consents())).toEqual(new Set([[elsewhere.address], [european.address]]));
    expect((await deposit(european, anyEnvelope(), { token })).status).toBe(201);
    expect(await (await european.signed("GET", "/v1/consents/current")).json()).toMatchObject({
      jurisdiction: "eu",
    });
    await relay().restart();
    expect(await (await european.signed("GET", "/v1/mailbox")).json()).toMatchObject({ messages: 1 });

    expect((await european.signed("DELETE", "/v1/consents/current")).status).toBe(200);
    expect(await consents()).toEqual([[elsewhere.address]]);
    expect(await readMailboxes(relay().state)).toHaveLength(1);
    expect((await elsewhere.signed("DELETE", "/v1/consents/current")).status).toBe(200);
  });

  const asked = () => relay().lines.filter((line) => line.startsWith("asked for "));
  /** What objects were asked for during `call`. */
  const askedIn = async (call: () => Promise<unknown>) => {
    const before = asked().length;
    await call();
    await eventually(() => asked().length > before);
    return new Set(asked().slice(before));
  };

  it("an app in it is offered what can be given there, and is found there with its history", async () => {
    const device = await Device.create({ relay: here(), vault: new MemoryVault(), jurisdiction: "eu" });
    const notice = await device.notice();
    expect(notice.purposes.map(({ purpose }) => purpose)).toEqual(["messaging", "number"]);
    await device.consent({ notice, purposes: ["messaging"], method: "test" });
    const ann = await person(here());
    await ann.add(device.card());
    await ann.send(device.address, "to the east");
    expect((await readAll(device)).map(({ text }) => text)).toEqual(["to the east"]);
    expect((await device.held()).records.map(({ table }) => table)).toContain("consent");
    await device.withdraw();
    const [history] = await device.history();
    expect(history?.events.map(({ kind }) => kind)).toEqual(["granted", "withdrawn"]);
    expect(history?.findings).toEqual([]);
    await ann.withdraw();
  });

  it("the object of a one-time code is there, and the number; what is counted for it is relay-wide", async () => {
    const raw = new RawDevice(here(), "eu");
    await raw.consent("messaging", "number");
    const [device, number] = [new NumberedDevice(raw), freshNumber()];
    const code = () => relay().lines.flatMap((line) => /^One-time code .* ([0-9]{6})$/.exec(line)?.[1] ?? []);
    const objects = await askedIn(async () => {
      const { id } = await device.started(number);
      await eventually(() => code().length > 0);
      await device.verified(id, number, code()[0] ?? "");
    });
    expect(objects).toEqual(
      new Set([
        "asked for MAILBOX, jurisdiction eu, hint none",
        "asked for ONE_TIME_CODE, jurisdiction eu, hint none",
      ]),
    );
    const [theirs, others] = (await readRecordsDatabases(relay().state)).sort(
      (a, b) => Number(b.verified_number?.length) - Number(a.verified_number?.length),
    );
    expect([theirs?.verified_number?.length, others?.verified_number?.length]).toEqual([1, 0]);
    expect(theirs?.budget).toEqual([]);
    expect(others?.budget?.length).toBeGreaterThan(0);
    const json = await raw.statement({ purposes: ["messaging", "number", "discovery"] });
    expect(await refusal(raw.signed("POST", "/v1/consents", { json }))).toEqual([400, "statement-invalid"]);
    await raw.signed("DELETE", "/v1/consents/current");
  });

  it("the ledger there is audited by itself, against heads of its own", async () => {
    await relay().runDaily();
    const keys = await fetchKeySet(PLATFORM, here());
    const ledgers = (await readRecordsDatabases(relay().state)).map(({ consent_event = [] }) =>
      consent_event
        .map((row) => JSON.parse(JSON.stringify(row, (_, of) => (typeof of === "bigint" ? Number(of) : of))))
        .sort((a, b) => a.place - b.place)
        .map(lineOf),
    );
    const verdicts = async (jurisdiction: string) => {
      const heads = await fetchHeads(PLATFORM, here(), keys, jurisdiction);
      expect(heads).toHaveLength(1);
      return ledgers.map((lines) => verifyLedger(lines, heads).findings.length === 0);
    };
    const [european, elsewhere] = [await verdicts("eu"), await verdicts("")];
    expect([european.filter(Boolean), elsewhere.filter(Boolean)]).toEqual([[true], [true]]);
    expect(european).toEqual(elsewhere.map((whole) => !whole));
    await expect(fetchHeads(PLATFORM, here(), keys, "us")).rejects.toMatchObject({
      code: "jurisdiction-unavailable",
    });
  });

  it("a mailbox in none is made near the device that opens it, and one in it where that says", async () => {
    for (const [jurisdiction, hint] of [
      ["", "none, hint eeur"],
      ["eu", "eu, hint none"],
    ] as const) {
      const device = new RawDevice(here(), jurisdiction);
      const objects = await askedIn(() => device.consent("messaging"));
      expect(objects).toContain(`asked for MAILBOX, jurisdiction ${hint}`);
      await device.signed("DELETE", "/v1/consents/current");
    }
  });

  it("a suffix that differs from the statement is refused, and nothing is held", async () => {
    const device = new RawDevice(here());
    const json = await device.statement();
    const signedAs = { address: `${device.address}.eu` };
    const answer = await device.signed("POST", "/v1/consents", { json, signedAs });
    expect(await refusal(answer)).toEqual([400, "statement-invalid"]);
    expect(await refusal(await agree(new RawDevice(here(), "us")))).toEqual([
      400,
      "jurisdiction-unavailable",
    ]);
    expect(await consents()).toEqual([]);
    expect(await readMailboxes(relay().state)).toEqual([]);
  });
});
