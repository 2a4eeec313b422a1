import { beforeAll, describe, expect, it } from "vitest";
import { buildWorker } from "../../src/local/built-relay.ts";
import { readEveryFile, readMailboxes, readRecordsDatabases } from "../../src/local/storage.ts";
import { refusal } from "./numbered.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

const relay = useRelay(() => ({ JURISDICTIONS: "eu" }), { RECORDS_EU: "restante-records-eu" });
const here = () => relay().origin;

const agree = async (device: RawDevice) =>
  device.signed("POST", "/v1/consents", { json: await device.statement() });

/** Whose consents are in each database of records that has any. */
async function consents(): Promise<string[][]> {
  const databases = await readRecordsDatabases(relay().state);
  return databases
    .map(({ consent = [] }) => consent.map(({ address }) => String(address)))
    .filter((addresses) => addresses.length > 0);
}

describe("on a platform that refuses the jurisdiction", () => {
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
