import { expect, it } from "vitest";
import { freshVoprfKeys } from "../../src/local/secrets.ts";
import { readEveryFile } from "../../src/local/storage.ts";
import type { MailboxAnswer } from "../../src/protocol/answers.ts";
import { decodeRelayFrame } from "../../src/protocol/frames.ts";
import { TAKEOVER_WAIT } from "../../src/protocol/limits.ts";
import { ListedDevice } from "./listed.ts";
import { searchFor } from "./number-traces.ts";
import { freshNumber, refusal, TEN_COUNTRIES } from "./numbered.ts";
import type { RawSocket } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

const oldKey = freshVoprfKeys();
const vars: Record<string, string | number> = { DIRECTORY_KEYS: oldKey };
const relay = useRelay(() => vars);
/** All that this story has verified or looked up. */
const used: string[] = [];
const anyNumber = () => {
  used.push(freshNumber());
  return used.at(-1) ?? "";
};

async function hears(socket: RawSocket, kind: string): Promise<void> {
  while (decodeRelayFrame(await socket.next())?.kind !== kind);
}

it("people of ten countries verify, list themselves and find each other, and nobody who is not listed", async () => {
  const people = new Map<string, ListedDevice>();
  for (const number of Object.values(TEN_COUNTRIES)) {
    used.push(number);
    people.set(number, await ListedDevice.under(relay(), number));
  }
  const [seeker] = people.values();
  const day = Math.floor(Date.now() / 86_400_000);
  for (const [number, device] of people)
    expect(await seeker?.find(number)).toEqual({ address: device.address, verifiedDay: day });
  expect(await seeker?.find(anyNumber())).toBeUndefined();
});

it("who leaves, or no longer agrees to be found, is unfindable at once, also after a crash", async () => {
  const seeker = await ListedDevice.under(relay(), anyNumber());
  const leaving = [
    (device: ListedDevice) => device.raw.signed("DELETE", "/v1/consents/current"),
    (device: ListedDevice) => device.raw.consent("messaging", "number"),
    (device: ListedDevice) => device.raw.signed("DELETE", "/v1/directory/route"),
  ].map((leave) => ({ leave, number: anyNumber() }));
  const listed = new Map<string, ListedDevice>();
  for (const { number } of leaving) listed.set(number, await ListedDevice.under(relay(), number));
  await relay().crash();
  for (const { leave, number } of leaving) {
    const device = listed.get(number);
    if (device === undefined) throw new Error("nobody");
    expect(await seeker.find(number)).toMatchObject({ address: device.address });
    await leave(device);
    expect(await seeker.find(number)).toBeUndefined();
  }
  await relay().crash();
  for (const { number } of leaving) expect(await seeker.find(number)).toBeUndefined();
});

it("a number that somebody else verifies is theirs after 72 hours, of which the old device is told, or as soon as that lets it go", async () => {
  const number = anyNumber();
  const seeker = await ListedDevice.under(relay(), anyNumber());
  const old = await ListedDevice.under(relay(), number);
  const socket = await old.raw.connect();
  await hears(socket, "caught-up");
  const young = await ListedDevice.agreeing(relay());
  const waiting = await young.list(await young.verify(number));
  expect(waiting.state).toBe("waiting");
  expect((waiting.effectiveAt ?? 0) - (waiting.since ?? 0)).toBe(TAKEOVER_WAIT);
  await hears(socket, "notice");
  const { effectiveAt } = waiting;
  expect(await old.route()).toMatchObject({ state: "listed", claim: { effectiveAt } });
  const mailbox = async () => (await (await old.raw.signed("GET", "/v1/mailbox")).json()) as MailboxAnswer;
  expect((await mailbox()).routeClaim).toBe(effectiveAt);
  expect(await seeker.find(number)).toMatchObject({ address: old.address });
  // It lets the number go.
  await old.raw.signed("DELETE", "/v1/directory/route");
  expect(await young.route()).toMatchObject({ state: "listed" });
  expect(await seeker.find(number)).toMatchObject({ address: young.address });
  socket.close();
});

it("a proof of another device, or one used late, lists nobody", async () => {
  const number = anyNumber();
  const [anna, eve] = [await ListedDevice.agreeing(relay()), await ListedDevice.agreeing(relay())];
  const proof = await anna.verify(number);
  expect(await refusal(eve.put({ proof }))).toEqual([403, "proof-invalid"]);
  const changed = `${proof.slice(0, 50)}${proof[50] === "A" ? "B" : "A"}${proof.slice(51)}`;
  expect(await refusal(anna.put({ proof: changed }))).toEqual([403, "proof-invalid"]);
  const newer = await ListedDevice.under(relay(), number);
  expect(await refusal(anna.put({ proof }))).toEqual([409, "proof-superseded"]);
  expect(await newer.route()).not.toHaveProperty("claim");
});

it("the directory's key is replaced while both live, and whoever moved up is found under the new one alone", async () => {
  const [moving, staying] = [anyNumber(), anyNumber()];
  const seeker = await ListedDevice.under(relay(), anyNumber());
  const quick = await ListedDevice.under(relay(), moving);
  const slow = await ListedDevice.under(relay(), staying);
  const newKey = freshVoprfKeys().replace("1:", "2:");
  vars.DIRECTORY_KEYS = `${newKey},${oldKey}`;
  await relay().restart();
  expect(await seeker.find(moving)).toBeUndefined();
  expect(await quick.route()).toMatchObject({ state: "listed", versions: [1] });
  expect(await refusal(quick.put({ number: staying }))).toEqual([403, "proof-invalid"]);
  const moved = await quick.put({ number: moving });
  expect(await moved.json()).toMatchObject({ state: "listed", versions: [2, 1] });
  expect(await seeker.find(moving)).toMatchObject({ address: quick.address });
  vars.DIRECTORY_KEYS = newKey;
  await relay().restart();
  expect(await seeker.find(moving)).toMatchObject({ address: quick.address });
  expect(await slow.route()).toEqual({ state: "unlisted", versions: [] });
  expect(await refusal(slow.put({ number: staying }))).toEqual([403, "proof-invalid"]);
});

it("after all that no file and no log line holds a number, plain, encoded or hashed without a key", async () => {
  await relay().running.stop();
  const search = searchFor(used);
  for (const { path, bytes } of await readEveryFile(relay().state)) expect(search(bytes), path).toEqual([]);
  expect(search(Buffer.from(relay().lines.join("\n")))).toEqual([]);
  await relay().start();
});
