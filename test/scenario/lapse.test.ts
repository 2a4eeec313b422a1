import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { readMailboxes, readRecords } from "../../src/local/storage.ts";
import type { EventsAnswer, ReceiptAnswer } from "../../src/protocol/answers.ts";
import { LAPSE_DAYS } from "../../src/protocol/limits.ts";
import { oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { ListedDevice } from "./listed.ts";
import { loseMailbox } from "./lost-mailbox.ts";
import { freshNumber, refusal } from "./numbered.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";
import { letDaysPass } from "./time-passing.ts";

const relay = useRelay();
const daysPass = (days: number) => relay().deploy(undefined, () => letDaysPass(relay().state, days));
const json = async <Answer>(path: string) => (await (await fetch(relay().origin + path)).json()) as Answer;
const receiptOf = async (consentId: string) =>
  decodeJwt((await json<ReceiptAnswer>(`/v1/receipts/${consentId}`)).receipt);
const bytesOf = async (answer: Response) => [
  answer.status,
  [...answer.headers].filter(([name]) => name !== "date"),
  await answer.text(),
];

it("a device that stays away for 180 days leaves nothing behind but a receipt, and one that comes by stays", async () => {
  const number = freshNumber();
  const { raw: gone } = await ListedDevice.under(relay(), number);
  const here = await ListedDevice.under(relay(), freshNumber());
  const left = await RawDevice.consenting(relay().origin);
  await left.signed("DELETE", "/v1/consents/current");
  const keys = [gone.oneTimeKey(), gone.oneTimeKey(true)].map(oneTimeKeyToJson);
  await gone.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } });

  await daysPass(100);
  expect((await deposit(gone, anyEnvelope())).status).toBe(201);
  expect((await here.raw.signed("POST", "/v1/mailbox/nonce")).status).toBe(200);
  expect(await here.find(number)).toMatchObject({ address: gone.address });

  await daysPass(LAPSE_DAYS + 1 - 100);
  await eventually(async () => (await receiptOf(gone.consentId)).ended === "lapsed");
  expect(await receiptOf(gone.consentId)).toMatchObject({
    erased: { messages: 1, bytes: 2048, oneTimeKeys: 2, deliveryTokens: 1, verifiedNumbers: 1, routes: 1 },
  });
  const { events } = await json<EventsAnswer>(`/v1/receipts/${gone.consentId}/events`);
  expect(events.map(({ kind }) => kind)).toEqual(["granted", "lapsed"]);
  await eventually(async () => (await readMailboxes(relay().state)).length === 1);
  const [mailbox] = await readMailboxes(relay().state);
  expect(mailbox?.mailbox).toMatchObject([{ address: here.address, state: "open" }]);
  const records = await readRecords(relay().state);
  for (const table of ["consent", "verified_number", "route"])
    expect(
      records[table]?.map(({ consent_id }) => consent_id),
      table,
    ).toEqual([here.raw.consentId]);

  expect(await bytesOf(await deposit(gone, anyEnvelope()))).toEqual(
    await bytesOf(await deposit(left, anyEnvelope())),
  );
  expect(await refusal(gone.signed("GET", "/v1/mailbox"))).toEqual([404, "no-consent"]);
  expect(await here.find(number)).toBeUndefined();
  expect((await deposit(here.raw, anyEnvelope())).status).toBe(201);

  // A consent that has no mailbox, whose alarm would end it, ends in the daily run: no other one does.
  const second = freshNumber();
  const { raw: restored } = await ListedDevice.under(relay(), second);
  await relay().deploy(undefined, () => loseMailbox(relay().state, restored.consentId));
  expect(await here.find(second)).toMatchObject({ address: restored.address });
  await relay().runDaily();
  expect(await receiptOf(restored.consentId)).toMatchObject({
    ended: "lapsed",
    erased: { consents: 1, routes: 1, verifiedNumbers: 1, messages: 0 },
  });
  expect((await readRecords(relay().state)).consent).toMatchObject([
    { address: here.address, ask_mailbox_after: null },
  ]);
  expect(await readMailboxes(relay().state)).toHaveLength(1);
  expect(await here.find(second)).toBeUndefined();

  // Who comes back agrees anew, and nobody's old card opens what they then have.
  const old = gone.deliveryToken;
  await gone.consent("messaging");
  expect((await deposit(gone, anyEnvelope(), { token: old })).status).toBe(401);
  expect((await deposit(gone, anyEnvelope())).status).toBe(201);
});
