import { randomBytes } from "node:crypto";
import { afterEach, beforeAll, expect, it } from "vitest";
import { parseCard } from "../../src/client/card.ts";
import type { Device } from "../../src/client/device.ts";
import type { News } from "../../src/client/news.ts";
import { buildWorker } from "../../src/local/built-relay.ts";
import { readMailboxes, readRecords } from "../../src/local/storage.ts";
import type { HeldAnswer, MailboxAnswer, NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { decodeRelayFrame } from "../../src/protocol/frames.ts";
import { oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { blind } from "../../src/protocol/voprf.ts";
import { introductionTo } from "./introduction.ts";
import { ListedDevice } from "./listed.ts";
import { freshNumber, refusal } from "./numbered.ts";
import { pair, person, readAll } from "./person.ts";
import { anyEnvelope, currentNoticeHash, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

const relay = useRelay();
/** This Worker with one further, material notice. */
let nextRelease = "";
/** This Worker with one further notice that is not material. */
let informing = "";
beforeAll(async () => {
  [nextRelease, informing] = await Promise.all([
    buildWorker("test/relay/next-release.ts", "next-release"),
    buildWorker("test/relay/next-release-informing.ts", "next-release-informing"),
  ]);
});
afterEach(() => relay().deploy());

const stored = async () => [await readMailboxes(relay().state), await readRecords(relay().state)];
const noticeInForce = async () => (await (await fetch(`${relay().origin}/v1/notice`)).json()) as NoticeAnswer;
const mailboxOf = async (device: RawDevice) =>
  (await (await device.signed("GET", "/v1/mailbox")).json()) as MailboxAnswer;
const heldBy = async (device: RawDevice) =>
  (await (await device.signed("GET", "/v1/mailbox/held")).json()) as HeldAnswer;

async function publishKeys(device: RawDevice): Promise<void> {
  const keys = [device.oneTimeKey(), device.oneTimeKey(true)].map(oneTimeKeyToJson);
  const { status } = await device.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } });
  expect(status).toBeLessThan(300);
}

function claimKey({ address }: { readonly address: string }, token: string): Promise<Response> {
  return fetch(`${relay().origin}/v1/mailboxes/${address}/one-time-keys/claims`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
}

/** All that somebody else may ask of a mailbox, and every byte of what they are answered. */
async function askedWith(token: string, of: RawDevice): Promise<unknown[]> {
  const key = encodeBase64url(randomBytes(16));
  const url = `${relay().origin}/v1/mailboxes/${of.address}/messages/${key}`;
  const headers = { authorization: `Bearer ${token}` };
  const answers = [
    await deposit(of, anyEnvelope(), { token }),
    await deposit(of, anyEnvelope(), { token, ttl: "0" }),
    await deposit(of, anyEnvelope(), { token, key, method: "PUT" }),
    await fetch(url, { headers }),
    await fetch(url, { headers, method: "DELETE" }),
    await claimKey(of, token),
  ];
  return Promise.all(
    answers.map(async (answer) => [
      answer.status,
      [...answer.headers].filter(([name]) => name !== "date"),
      await answer.text(),
    ]),
  );
}

it("a release with a material notice closes every mailbox to others without writing a row, and its roll-back opens them", async () => {
  const number = freshNumber();
  const here = await ListedDevice.under(relay(), number);
  const seeker = await ListedDevice.under(relay(), freshNumber());
  const left = await RawDevice.consenting(relay().origin, "number", "discovery");
  await publishKeys(here.raw);
  await deposit(here.raw, anyEnvelope());
  const friend = here.raw.deliveryToken;
  const permit = introductionTo(here.address).token;
  expect((await deposit(here.raw, anyEnvelope(), { token: permit })).status).toBe(201);
  await left.signed("DELETE", "/v1/consents/current");
  const before = await stored();

  await relay().deploy(nextRelease);
  const closed = await askedWith(left.deliveryToken, left);
  for (const answer of closed)
    expect(answer).toEqual([401, expect.anything(), expect.stringContaining("not-authorized")]);
  for (const token of [friend, permit, introductionTo(here.address).token])
    expect(await askedWith(token, here.raw)).toEqual(closed);
  expect(await stored()).toEqual(before);
  const superseded = [409, "notice-superseded"];
  const post = (path: string, json: unknown) => refusal(here.raw.signed("POST", path, { json }));
  expect(await post("/v1/verifications", { number })).toEqual(superseded);
  const blinded = { version: 1, elements: [encodeBase64url(blind(randomBytes(16)).element)] };
  expect(await post("/v1/directory/evaluations", blinded)).toEqual(superseded);
  expect(await post("/v1/introductions", blinded)).toEqual(superseded);
  expect(await refusal(here.put({ proof: "A".repeat(87) }))).toEqual(superseded);
  await seeker.raw.consent("messaging", "number");
  expect(await seeker.find(number)).toBeUndefined();

  await relay().deploy();
  expect(await seeker.find(number)).toMatchObject({ address: here.address });
  for (const token of [friend, permit])
    expect((await deposit(here.raw, anyEnvelope(), { token })).status).toBe(201);
  expect((await claimKey(here.raw, friend)).status).toBe(200);
  expect((await mailboxOf(here.raw)).notice).toMatchObject({ suspended: false });
});

it("a release with a notice that is not material informs, and changes nothing else", async () => {
  const number = freshNumber();
  const here = await ListedDevice.under(relay(), number);
  const seeker = await ListedDevice.under(relay(), freshNumber());
  await publishKeys(here.raw);
  const friend = here.raw.deliveryToken;
  const { version: agreed } = await noticeInForce();
  const before = await stored();

  await relay().deploy(informing);
  const { version: current, material } = await noticeInForce();
  expect([current, material]).toEqual([agreed + 1, false]);
  expect((await mailboxOf(here.raw)).notice).toEqual({ agreed, current, suspended: false });
  expect(await stored()).toEqual(before);
  expect((await claimKey(here.raw, friend)).status).toBe(200);
  expect(await seeker.find(number)).toMatchObject({ address: here.address });
  for (const token of [friend, introductionTo(here.address).token])
    expect((await deposit(here.raw, anyEnvelope(), { token })).status).toBe(201);
  // A frame would come before the messages that wait; there is none.
  const socket = await here.raw.connect();
  for (let i = 0; i < 2; i++) expect(decodeRelayFrame(await socket.next())?.kind).toBe("message");
  socket.close();
  await relay().deploy();
  expect((await mailboxOf(here.raw)).notice).toEqual({ agreed, current: agreed, suspended: false });
});

it("a yes to the notice before is taken from nobody, whether or not the one in force is material", async () => {
  const old = await currentNoticeHash(relay().origin);
  const device = await RawDevice.consenting(relay().origin, "number");
  const kept = await device.statement({ purposes: ["messaging"], noticeHash: old });
  for (const release of [informing, nextRelease]) {
    await relay().deploy(release);
    const before = await stored();
    const fresh = new RawDevice(relay().origin);
    for (const [of, json] of [
      [fresh, await fresh.statement({ noticeHash: old })],
      [device, kept],
    ] as const)
      expect(await refusal(of.signed("POST", "/v1/consents", { json }))).toEqual([409, "notice-superseded"]);
    expect(await stored()).toEqual(before);
  }
});

it("an app is told of a notice that is not material, once, and its texts go on", async () => {
  const [ann, bo] = await pair(relay().origin);
  const told: News[] = [];
  await relay().deploy(informing);
  const { version } = await noticeInForce();
  bo.listen((news) => told.push(news));
  expect((await ann.send(bo.address, "as before")).state).toBe("held");
  expect(await textsOf(bo)).toEqual(["as before"]);
  const stop = new AbortController();
  const open = readUntil(bo, stop.signal);
  await eventually(() => told.some(({ kind }) => kind === "notice-changed"));
  stop.abort();
  await open;
  await readAll(bo);
  expect(told.filter(({ kind }) => kind === "notice-changed")).toEqual([
    { kind: "notice-changed", version, material: false },
  ]);
});

it("its owner is told on the socket, takes what waits, sees all that is held, and leaves or agrees", async () => {
  const [staying, leaving] = [
    await RawDevice.consenting(relay().origin),
    await RawDevice.consenting(relay().origin),
  ];
  for (const device of [staying, leaving])
    for (const envelope of [anyEnvelope(), anyEnvelope()]) await deposit(device, envelope);
  const agreed = (await noticeInForce()).version;

  await relay().deploy(nextRelease);
  const { version: current, material } = await noticeInForce();
  expect([current, material]).toEqual([agreed + 1, true]);
  for (const device of [staying, leaving]) {
    const socket = await device.connect();
    expect(decodeRelayFrame(await socket.next())).toEqual({ kind: "notice", what: "notice-changed" });
    const first = decodeRelayFrame(await socket.next());
    expect(first?.kind).toBe("message");
    socket.close();
    const ids = first?.kind === "message" ? [first.id] : [];
    const taken = await device.signed("DELETE", "/v1/mailbox/messages", { json: { ids } });
    expect(taken.status).toBe(200);
    expect(await mailboxOf(device)).toMatchObject({
      messages: 1,
      notice: { agreed, current, suspended: true },
    });
    const json = { keys: [device.oneTimeKey(), device.oneTimeKey(true)].map(oneTimeKeyToJson) };
    for (const answer of [
      device.signed("PUT", "/v1/mailbox/one-time-keys", { json }),
      device.signed("POST", "/v1/mailbox/delivery-token"),
    ])
      expect(await refusal(answer)).toEqual([409, "notice-superseded"]);
    const { mailbox } = await heldBy(device);
    expect(mailbox.find(({ table }) => table === "message")?.rows).toHaveLength(1);
  }
  const mailboxes = (await readMailboxes(relay().state)).length;
  expect((await leaving.signed("DELETE", "/v1/consents/current")).status).toBe(200);
  expect(await refusal(leaving.signed("GET", "/v1/mailbox"))).toEqual([404, "no-consent"]);
  expect(await readMailboxes(relay().state)).toHaveLength(mailboxes - 1);

  const [card, { consentId }] = [staying.deliveryToken, staying];
  await staying.consent("messaging");
  expect(staying).toMatchObject({ deliveryToken: card, consentId });
  expect((await deposit(staying, anyEnvelope(), { token: card })).status).toBe(201);
  expect((await mailboxOf(staying)).notice).toEqual({ agreed: current, current, suspended: false });
  // Who agreed to more than the release before says has agreed to that as well.
  await relay().deploy();
  expect((await deposit(staying, anyEnvelope(), { token: card })).status).toBe(201);
});

it("an app is told once, and people go on with the cards they have as soon as its owner agrees", async () => {
  const puts: number[] = [];
  const counting = (async (input, init) => {
    const answer = await fetch(input, init);
    if (init?.method === "PUT") puts.push(answer.status);
    return answer;
  }) as typeof fetch;
  const ann = await person(relay().origin);
  const bo = await person(relay().origin, { platform: { fetch: counting } });
  await ann.add(bo.card(), "Bo");
  await bo.add(ann.card(), "Ann");
  await ann.send(bo.address, "founding");
  expect(await textsOf(bo)).toEqual(["founding"]);
  await bo.send(ann.address, "back");
  expect(await textsOf(ann)).toEqual(["back"]);
  await ann.send(bo.address, "left before the release");
  const card = bo.card();
  // Fewer than five are left: reason enough for a new pool, if the relay took one.
  const { deliveryToken } = parseCard(card);
  for (let claims = 0; claims < 17; claims++) await claimKey(bo, deliveryToken);
  const before = puts.length;

  await relay().deploy(nextRelease);
  const told: News[] = [];
  bo.listen((news) => told.push(news));
  // A channel of theirs exists, so that nothing but the mailbox refuses.
  expect(await ann.send(bo.address, "too late")).toMatchObject({
    state: "refused",
    problem: "not-authorized",
  });
  expect(await textsOf(bo)).toEqual(["left before the release"]);
  const stop = new AbortController();
  const open = readUntil(bo, stop.signal);
  const { version } = await noticeInForce();
  await eventually(() => told.some(({ kind }) => kind === "notice-changed"));
  stop.abort();
  await open;
  await readAll(bo);
  expect(told.filter(({ kind }) => kind === "notice-changed")).toEqual([
    { kind: "notice-changed", version, material: true },
  ]);
  expect(puts).toHaveLength(before);
  // Shut out here at once, and at the relay when it takes a new token.
  await ann.add((await person(relay().origin)).card(), "Cy");
  const cy = ann.contacts().find(({ name }) => name === "Cy")?.address ?? "";
  expect(await ann.block(cy)).toBe(false);
  await readAll(ann);
  const annsCard = ann.card();

  for (const person of [bo, ann])
    await person.consent({ notice: await person.notice(), purposes: ["messaging"], method: "test" });
  expect(bo.card()).toBe(card);
  expect(puts.slice(before)).toEqual([200]);
  expect(ann.card()).not.toBe(annsCard);
  expect(bo.consented()).toMatchObject({ noticeVersion: version });
  expect(await ann.send(bo.address, "in time")).toMatchObject({ state: "held" });
  expect(await textsOf(bo)).toEqual(["in time"]);
});

async function textsOf(device: Device): Promise<string[]> {
  return (await readAll(device)).map(({ text }) => text);
}

async function readUntil(device: Device, signal: AbortSignal): Promise<void> {
  for await (const { text } of device.inbox({ signal })) throw new Error(`nothing was to come: ${text}`);
}
