import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { readRecords } from "../../src/local/storage.ts";
import type { EventsAnswer, NoticeAnswer } from "../../src/protocol/answers.ts";
import type { Purpose } from "../../src/protocol/consent-statement.ts";
import { restante } from "../cli/run-restante.ts";
import { useRelay } from "./relay.ts";

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
    expect(await findingsOf(device)).toEqual(["not-ended"]);
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
