import { readFile, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshVoprfKeys } from "../../src/local/secrets.ts";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import type { DataMapAnswer } from "../../src/protocol/data-map.ts";
import { voprfKeys } from "../../src/relay/voprf/keys.ts";
import { CALLS, NEVER_MADE } from "./fresh-phone/calls.ts";
import { FIELDS } from "./fresh-phone/fields.ts";
import { wronglyKept } from "./fresh-phone/kept.ts";
import type { Leaving } from "./fresh-phone/leaving.ts";
import { whatLeavesPage } from "./fresh-phone/page.ts";
import { callsTaken, routesUsed } from "./fresh-phone/sources.ts";
import { Stage } from "./fresh-phone/stage.ts";
import { hasAny, tracesOf } from "./fresh-phone/stored.ts";
import { freshNumber } from "./numbered.ts";
import { readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

const PAGE = new URL("../../docs/what-leaves.md", import.meta.url).pathname;
const TEXTS = ["Lunch at one, behind the old mill?", "Forget it, rather at two."];
const NAMES = ["Bartholomew-the-Contact", "Wilhelmina-the-Stranger"];

const oldKey = freshVoprfKeys();
const newKey = freshVoprfKeys().replace("1:", "2:");
const vars: Record<string, string> = { DIRECTORY_KEYS: oldKey };

describe("the fresh phone", () => {
  const relay = useRelay(() => vars);
  let stage: Stage;
  /** What left before a yes, and after it. */
  const before: Leaving[] = [];
  const after: Leaving[] = [];
  const numbers = { own: freshNumber(), found: freshNumber(), moving: freshNumber() };

  beforeAll(async () => {
    stage = await Stage.set(relay());
  });
  afterAll(() => stage.strike());

  const callsOf = (leaving: readonly Leaving[]) => leaving.map(({ call }) => call);
  const succeeds = async (...args: string[]) => {
    const { code, stderr } = await stage.cli(...args);
    expect([code, stderr], args[0]).toEqual([0, ""]);
  };

  it("with the SDK: nothing leaves before a yes, but for the notice when it is opened", async () => {
    const bo = await stage.meanwhile(() => stage.someone());
    const device = await stage.fresh();
    const elsewhere = await stage.heard(async () => {
      await device.add(bo.card(), NAMES[0]);
      await expect(device.send(bo.address, TEXTS[0] ?? "")).rejects.toThrow();
      await expect(device.inbox().next()).rejects.toThrow();
      await expect(device.numbers.requestCode(numbers.own)).rejects.toThrow();
      await expect(device.numbers.find(numbers.found)).rejects.toThrow();
      expect(stage.take()).toEqual([]);
      await device.notice();
      before.push(...stage.take());
      expect(callsOf(before)).toEqual(["GET /v1/notice"]);
      await device.notice("de");
      const [other] = stage.take();
      expect(other?.fields.filter(([name]) => name === "accept-language")).toEqual([
        ["accept-language", "de"],
      ]);
      await device.close();
    });
    expect(elsewhere).toEqual([]);
    expect(stage.take()).toEqual([]);
  });

  it("with the command line: the same", async () => {
    const bo = await stage.meanwhile(() => stage.someone());
    expect((await stage.cli("init", "--relay", stage.origin, "--no-passphrase")).code).toBe(0);
    expect((await stage.cli("add", bo.card(), NAMES[0] ?? "")).code).toBe(0);
    expect((await stage.cli("send", NAMES[0] ?? "", TEXTS[0] ?? "")).code).toBe(1);
    expect(stage.take()).toEqual([]);
    expect((await stage.cli("consent", "--show")).code).toBe(0);
    const shown = stage.take();
    expect(callsOf(shown)).toEqual(["GET /v1/notice"]);
    before.push(...shown);
  });

  it("with the command line, after a yes: each call and each field is a known one", async () => {
    const { hash } = (await (await fetch(`${relay().origin}/v1/notice`)).json()) as NoticeAnswer;
    const ledger = join(stage.home, "export");
    await writeFile(ledger, "");
    await succeeds("consent", "--purposes", "messaging", "--notice-hash", hash);
    await succeeds("send", NAMES[0] ?? "", TEXTS[0] ?? "");
    await succeeds("held");
    await stage.copy();
    await succeeds("withdraw", "--yes");
    // Only what it asks for matters: there is nothing to find in an empty export, nor a ledger of a jurisdiction here.
    await stage.cli("audit", ledger, "--relay", stage.origin);
    await stage.cli("audit", ledger, "--relay", stage.origin, "--jurisdiction", "eu");
    after.push(...stage.take());
  });

  it("with the SDK, after each yes: texts, the own number, others' numbers, the own devices", async () => {
    const { bo, cy, found, device, tablet } = await stage.meanwhile(async () => {
      const [bo, cy] = [await stage.someone(), await stage.someone()];
      const found = await stage.someone("number", "discovery");
      await stage.verify(found, numbers.found);
      return { bo, cy, found, device: await stage.fresh(), tablet: await stage.fresh() };
    });
    const elsewhere = await stage.heard(async () => {
      await stage.agree(device, "messaging");
      await device.add(bo.card(), NAMES[0]);
      await device.send(bo.address, TEXTS[0] ?? "");
      const { id } = await device.send(bo.address, TEXTS[1] ?? "", { revocable: true });
      await device.state(id);
      await stage.look();
      await device.revoke(id);
      await bo.add(device.card(), NAMES[1]);
      await bo.send(device.address, TEXTS[0] ?? "");
      await stage.look();
      expect((await readAll(device)).map(({ text }) => text)).toEqual([TEXTS[0]]);
      await bo.send(device.address, TEXTS[0] ?? "");
      await bo.send(device.address, TEXTS[1] ?? "", { revocable: true });
      await stage.look();
      const stop = new AbortController();
      for await (const _ of device.inbox({ signal: stop.signal })) stop.abort();
      await readAll(device);
      await device.add(cy.card(), NAMES[1]);
      const both = await device.createConversation([bo.address, cy.address]);
      await device.send(both.id, TEXTS[0] ?? "");
      await device.send(both.id, TEXTS[1] ?? "", { revocable: true });
      await device.held();
      await device.dataMap();
      await device.history();
      await stage.look();
      await device.block(cy.address);
      // Up to here nobody's number was asked for, and none has left.
      await stage.agree(device, "messaging", "number", "discovery");
      await stage.verify(device, numbers.own);
      // So that the keys are recorded that others claim.
      await stage.agree(found, "messaging", "number", "discovery");
      await device.numbers.route();
      const { address = "" } = await device.numbers.find(numbers.found);
      expect(address).toBe(found.address);
      await device.send(address, TEXTS[0] ?? "");
      await stage.look();
      device.numbers.onSms(() => undefined);
      await device.send(numbers.found, TEXTS[1] ?? "", { smsAfter: "0s" });
      await stage.look();
      await device.numbers.unlist();
      await stage.agree(tablet, "messaging");
      await device.ownDevices.approveLink(await tablet.ownDevices.linkCode());
      for (const each of [device, tablet, device]) {
        await each.flush();
        await readAll(each);
      }
      await stage.copy();
      await device.ownDevices.closeLost(tablet.address);
      await tablet.withdraw();
      await device.withdraw();
      await device.history();
      await stage.copy();
      await device.close();
      await tablet.close();
    });
    expect(elsewhere).toEqual([]);
    after.push(...(await stage.takeAtRest()));
  });

  it("with the SDK, when the directory has a new key: the number once more, by itself", async () => {
    const moving = await stage.meanwhile(() => stage.someone("number", "discovery"));
    await stage.meanwhile(() => stage.verify(moving, numbers.moving));
    vars.DIRECTORY_KEYS = `${newKey},${oldKey}`;
    await relay().restart();
    expect(await stage.heard(async () => void (await readAll(moving)))).toEqual([]);
    await moving.close();
    const left = stage.take();
    expect(callsOf(left)).toContain("PUT /v1/directory/route");
    after.push(...left);
  });

  it("every call that the relay takes, and every route that a client knows, has been made or never is", async () => {
    const made = new Set(callsOf([...before, ...after]));
    const taken = await callsTaken();
    expect(taken.length).toBeGreaterThan(30);
    expect(taken.filter((call) => made.has(call) === call in NEVER_MADE)).toEqual([]);
    const routes = new Set([...made].map((call) => call.split(" ")[1]));
    const used = await routesUsed();
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((route) => !routes.has(route))).toEqual([]);
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
      expect(
        fields.filter(([name, value]) => FIELDS[name]?.same !== "all" && FIELDS[name]?.unchosen !== value),
      ).toEqual([]);
    expect(before).toHaveLength(2);
    expect(before[0]).toEqual(before[1]);
  });

  it("no text, no name, nothing of this machine, and no number but where one is verified or listed anew", async () => {
    const machine = (await readFile("/etc/machine-id", "utf8").catch(() => "")).trim();
    const own = [hostname(), machine, stage.home, tmpdir()].filter((text) => text.length > 5);
    const all = Buffer.concat(stage.octets);
    for (const needle of [...TEXTS, ...NAMES, ...own, numbers.found, numbers.found.slice(1)])
      for (const form of [
        needle,
        Buffer.from(needle).toString("base64url"),
        Buffer.from(needle).toString("hex"),
      ])
        expect(all.includes(form), needle).toBe(false);
    const withNumber = (number: string) =>
      new Set(
        callsOf(after.filter(({ fields }) => fields.some(([, value]) => value.includes(number.slice(1))))),
      );
    expect(withNumber(numbers.own)).toEqual(
      new Set(["POST /v1/verifications", "POST /v1/verifications/:id"]),
    );
    expect(withNumber(numbers.moving)).toEqual(new Set(["PUT /v1/directory/route"]));
  });

  it("two fresh installations on one phone send nothing in common that others do not send", async () => {
    const values: Set<string>[] = [];
    for (let i = 0; i < 2; i++) {
      stage.take();
      const device = await stage.someone();
      await readAll(device);
      await device.withdraw();
      const fields = stage.take().flatMap((left) => left.fields);
      const choices = fields.filter(([name]) => FIELDS[name]?.same === "chosen");
      expect(choices.filter(([name, value]) => FIELDS[name]?.unchosen !== value)).toEqual([]);
      // A clock and a counter are everybody's: how they count, not what for.
      const counting = /created|nonce|expires$|\bids?\b/;
      const telling = fields.filter(([name]) => FIELDS[name]?.same === undefined && !counting.test(name));
      values.push(new Set(telling.map(([, value]) => value)));
    }
    const [first, second] = values;
    expect(first?.size).toBeGreaterThan(20);
    expect([...(first ?? [])].filter((value) => second?.has(value))).toEqual([]);
  });

  it("what is said to be kept is in the columns that are named, and in no other", async () => {
    const map = (await (await fetch(`${relay().origin}/v1/data-map`)).json()) as DataMapAnswer;
    const columns = map.places.flatMap(({ place, tables }) =>
      tables.flatMap(({ table, columns }) => columns.map(({ column }) => `${place}.${table}.${column}`)),
    );
    const named = Object.values(FIELDS).flatMap(({ kept, made = {} }) => [...kept, ...Object.keys(made)]);
    expect(named.filter((column) => !columns.includes(column))).toEqual([]);
    const directoryKeys = voprfKeys("DIRECTORY_KEYS", vars.DIRECTORY_KEYS);
    expect(wronglyKept(after, stage.stored, { number: numbers.own, directoryKeys })).toEqual([]);
  });

  it("what is not said to be kept is in no file of the relay", () => {
    const isIn = ([, value]: readonly [string, string]) => {
      const traces = tracesOf(value);
      return stage.files.some((bytes) => hasAny(bytes, traces));
    };
    const fields = after.flatMap((left) => left.fields).filter(([, value]) => value.length >= 12);
    const passed = fields.filter(([name]) => {
      const { same, theirs, kept = [] } = FIELDS[name] ?? {};
      return same === undefined && !theirs && kept.length === 0;
    });
    expect(new Set(passed.map(([name]) => name)).size).toBeGreaterThan(10);
    expect([...new Set(passed.filter(isIn).map(([name]) => name))]).toEqual([]);
    // The same search, where there is something to find: as text, and as octets.
    const isFound = (name: string) => fields.some((field) => field[0] === name && isIn(field));
    expect(
      ["statement: address", "envelope", "introduction: nonce"].filter((name) => !isFound(name)),
    ).toEqual([]);
  });

  it("docs/what-leaves.md says just that; else: npm run what-leaves", async () => {
    await expect(whatLeavesPage(before, after)).toMatchFileSnapshot(PAGE);
  });
});
