import { mkdtemp, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { readEveryFile } from "../../src/local/storage.ts";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import type { Purpose } from "../../src/protocol/consent-statement.ts";
import type { DataMapAnswer } from "../../src/protocol/data-map.ts";
import { RESTANTE } from "../cli/run-restante.ts";
import { CALLS, FIELDS } from "./fresh-phone/fields.ts";
import { type Leaving, whatLeft } from "./fresh-phone/leaving.ts";
import { whatLeavesPage } from "./fresh-phone/page.ts";
import { readRecording } from "./fresh-phone/recorded.ts";
import { RecordingProxy } from "./fresh-phone/recording-proxy.ts";
import { freshNumber } from "./numbered.ts";
import { readAll } from "./person.ts";
import { eventually, useRelay } from "./relay.ts";
import { runNode } from "./run-node.ts";

const PAGE = new URL("../../docs/what-leaves.md", import.meta.url).pathname;
const TEXTS = ["Lunch at one, behind the old mill?", "Forget it, rather at two."];
const NAMES = ["Bartholomew-the-Contact", "Wilhelmina-the-Stranger"];

describe("the fresh phone", () => {
  const relay = useRelay();
  let proxy: RecordingProxy;
  let home = "";
  /** What left before a yes, and after it. */
  const before: Leaving[] = [];
  const after: Leaving[] = [];
  const octets: Buffer[] = [];
  const numbers = { own: freshNumber(), found: freshNumber() };

  beforeAll(async () => {
    proxy = await RecordingProxy.before(relay().origin);
    home = await mkdtemp(join(tmpdir(), "restante-fresh-"));
  });
  afterAll(async () => {
    await proxy.stop();
    await rm(home, { recursive: true, force: true });
  });

  /** What has left since the last time. */
  const take = (): Leaving[] => {
    const connections = proxy.take();
    octets.push(...connections);
    return whatLeft(readRecording(connections));
  };
  const forget = () => void proxy.take();
  const fresh = () => Device.create({ relay: proxy.origin, vault: new MemoryVault() });
  const agree = async (device: Device, ...purposes: Purpose[]) =>
    device.consent({ notice: await device.notice(), purposes, method: "app" });
  const someone = async (...purposes: Purpose[]) => {
    const device = await fresh();
    await agree(device, "messaging", ...purposes);
    return device;
  };
  const verify = async (device: Device, number: string) => {
    const lines = relay().lines.length;
    await device.numbers.requestCode(number);
    const code = () => /: ([0-9]{6})$/.exec(relay().lines.slice(lines).join("\n"))?.[1];
    await eventually(() => code() !== undefined);
    await device.numbers.submitCode(code() ?? "");
    await device.numbers.list();
  };
  const cli = (...args: string[]) => runNode(RESTANTE, ["--home", home, ...args]);
  const callsOf = (leaving: readonly Leaving[]) => leaving.map(({ call }) => call);

  it("with the SDK: nothing leaves before a yes, but for the notice when it is opened", async () => {
    const bo = await someone();
    forget();
    const device = await fresh();
    await device.add(bo.card(), NAMES[0]);
    await expect(device.send(bo.address, TEXTS[0] ?? "")).rejects.toThrow();
    await expect(device.inbox().next()).rejects.toThrow();
    await expect(device.numbers.requestCode(numbers.own)).rejects.toThrow();
    await expect(device.numbers.find(numbers.found)).rejects.toThrow();
    expect(take()).toEqual([]);
    await device.notice();
    before.push(...take());
    expect(callsOf(before)).toEqual(["GET /v1/notice"]);
    await device.close();
  });

  it("with the command line: the same", async () => {
    const bo = await someone();
    forget();
    expect((await cli("init", "--relay", proxy.origin, "--no-passphrase")).code).toBe(0);
    expect((await cli("add", bo.card(), NAMES[0] ?? "")).code).toBe(0);
    expect((await cli("send", NAMES[0] ?? "", TEXTS[0] ?? "")).code).toBe(1);
    expect(take()).toEqual([]);
    expect((await cli("consent", "--show")).code).toBe(0);
    const shown = take();
    expect(callsOf(shown)).toEqual(["GET /v1/notice"]);
    before.push(...shown);
  });

  it("with the command line, after a yes: each call and each field is a known one", async () => {
    const { hash } = (await (await fetch(`${relay().origin}/v1/notice`)).json()) as NoticeAnswer;
    for (const args of [
      ["consent", "--purposes", "messaging", "--notice-hash", hash],
      ["send", NAMES[0] ?? "", TEXTS[0] ?? ""],
      ["held"],
      ["withdraw", "--yes"],
    ]) {
      const { code, stderr } = await cli(...args);
      expect([code, stderr], args[0]).toEqual([0, ""]);
    }
    after.push(...take());
  });

  it("with the SDK, after each yes: texts, the own number, others' numbers", async () => {
    const bo = await someone();
    const cy = await someone();
    const found = await someone("number", "discovery");
    await verify(found, numbers.found);
    forget();
    const device = await fresh();
    await agree(device, "messaging");
    await device.add(bo.card(), NAMES[0]);
    await device.send(bo.address, TEXTS[0] ?? "");
    const { id } = await device.send(bo.address, TEXTS[1] ?? "", { revocable: true });
    await device.revoke(id);
    await bo.add(device.card(), NAMES[1]);
    await bo.send(device.address, TEXTS[0] ?? "");
    expect((await readAll(device)).map(({ text }) => text)).toEqual([TEXTS[0]]);
    await bo.send(device.address, TEXTS[0] ?? "");
    const stop = new AbortController();
    for await (const _ of device.inbox({ signal: stop.signal })) stop.abort();
    await device.add(cy.card(), NAMES[1]);
    const both = await device.createConversation([bo.address, cy.address]);
    await device.send(both.id, TEXTS[0] ?? "");
    await device.send(both.id, TEXTS[1] ?? "", { revocable: true });
    await device.held();
    await device.dataMap();
    await device.history();
    // Up to here nobody's number was asked for, and none has left.
    await agree(device, "messaging", "number", "discovery");
    await verify(device, numbers.own);
    await device.numbers.route();
    const { address = "" } = await device.numbers.find(numbers.found);
    await device.send(address, TEXTS[0] ?? "");
    await device.withdraw();
    await device.history();
    await device.close();
    await eventually(() => proxy.webSockets === 0);
    after.push(...take());
  });

  it("every field that left is in the table, in the form that it says", () => {
    const unlike = [...before, ...after].flatMap(({ call, fields }) => [
      ...(CALLS[call] === undefined ? [call] : []),
      ...fields.flatMap(([name, value]) =>
        FIELDS[name]?.form.test(value) ? [] : [`${call} ${name}: ${value}`],
      ),
    ]);
    expect(unlike).toEqual([]);
    const named = new Set([...before, ...after].flatMap(({ fields }) => fields.map(([name]) => name)));
    expect(Object.keys(FIELDS).filter((name) => !named.has(name))).toEqual([]);
  });

  it("the notice is asked for with nothing that tells anybody apart", () => {
    for (const { fields } of before)
      expect(fields.filter(([name]) => FIELDS[name]?.common !== true)).toEqual([]);
  });

  it("no text, no name, nothing of this machine, and no number but where one is verified", async () => {
    const machine = (await readFile("/etc/machine-id", "utf8").catch(() => "")).trim();
    const own = [hostname(), machine, home, tmpdir()].filter((text) => text.length > 5);
    const all = Buffer.concat(octets);
    for (const needle of [...TEXTS, ...NAMES, ...own, numbers.found, numbers.found.slice(1)])
      for (const form of [
        needle,
        Buffer.from(needle).toString("base64url"),
        Buffer.from(needle).toString("hex"),
      ])
        expect(all.includes(form), needle).toBe(false);
    const withNumber = after.filter(({ fields }) =>
      fields.some(([, value]) => value.includes(numbers.own.slice(1))),
    );
    expect(new Set(callsOf(withNumber))).toEqual(
      new Set(["POST /v1/verifications", "POST /v1/verifications/:id"]),
    );
  });

  it("two fresh installations on one phone send nothing in common that others do not send", async () => {
    const values: Set<string>[] = [];
    for (let i = 0; i < 2; i++) {
      forget();
      const device = await someone();
      await readAll(device);
      await device.withdraw();
      const telling = take().flatMap(({ fields }) =>
        fields.filter(([name]) => FIELDS[name]?.common !== true),
      );
      // A clock and a counter are everybody's: how they count, not what for.
      const counting = /created|nonce|expires$|\bids?\b/;
      values.push(new Set(telling.flatMap(([name, value]) => (counting.test(name) ? [] : [value]))));
    }
    const [first, second] = values;
    expect(first?.size).toBeGreaterThan(20);
    expect([...(first ?? [])].filter((value) => second?.has(value))).toEqual([]);
  });

  it("what is said to be kept is in the relay's data map, and what is not is in no file of the relay", async () => {
    const map = (await (await fetch(`${relay().origin}/v1/data-map`)).json()) as DataMapAnswer;
    const columns = new Set(
      map.places.flatMap(({ place, tables }) =>
        tables.flatMap(({ table, columns }) => columns.map(({ column }) => `${place}.${table}.${column}`)),
      ),
    );
    for (const [name, { kept }] of Object.entries(FIELDS))
      for (const column of kept) expect(columns, name).toContain(column);
    const files = await readEveryFile(relay().state);
    const passed = after
      .flatMap(({ fields }) => fields)
      .filter(([name, value]) => {
        const { common, kept = [] } = FIELDS[name] ?? {};
        // A recipient's own mailbox knows whose it is; short values are found by chance.
        return !common && kept.length === 0 && value.length >= 12 && !/^(path|item): address$/.test(name);
      });
    const found = passed.filter(([, value]) => files.some(({ bytes }) => bytes.includes(value)));
    expect(passed.length).toBeGreaterThan(50);
    expect([...new Set(found.map(([name]) => name))]).toEqual([]);
  });

  it("docs/what-leaves.md says just that; else: npm run what-leaves", async () => {
    await expect(whatLeavesPage(before, after)).toMatchFileSnapshot(PAGE);
  });
});
