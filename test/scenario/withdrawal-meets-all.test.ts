import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { readMailboxes, readRecords, type Tables } from "../../src/local/storage.ts";
import type { ConsentGrantedAnswer, EventsAnswer, ReceiptAnswer } from "../../src/protocol/answers.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";
import { letDaysPass } from "./time-passing.ts";

const relay = useRelay();

type Step = "mail" | "revocable mail" | "withdrawal" | "another withdrawal" | "new yes";

/** Which of them is sent first; none waits for another's answer. */
const ORDERS: Step[][] = [
  ["mail", "revocable mail", "withdrawal", "another withdrawal", "new yes"],
  ["withdrawal", "mail", "new yes", "revocable mail", "another withdrawal"],
  ["new yes", "withdrawal", "another withdrawal", "mail", "revocable mail"],
  ["another withdrawal", "new yes", "mail", "withdrawal", "revocable mail"],
];

const KEY = "AAECAwQFBgcICQoLDA0ODw";

it.each(ORDERS.map((order) => [order.join(", "), order] as const))(
  "a withdrawal that meets an open socket, mail and a new yes leaves all of it or nothing: %s",
  async (_, order) => {
    const device = await RawDevice.consenting(relay().origin);
    const old = device.deliveryToken;
    const socket = await device.connect();
    // Shown on the socket and never acknowledged: on its way when all else begins.
    const shown = deposit(device, anyEnvelope());
    await socket.next();
    const json = await device.statement();
    const begin: Record<Step, () => Promise<Response>> = {
      mail: () => deposit(device, anyEnvelope(), { token: old }),
      "revocable mail": () => deposit(device, anyEnvelope(), { token: old, key: KEY, method: "PUT" }),
      withdrawal: () => device.signed("DELETE", "/v1/consents/current"),
      "another withdrawal": () => device.signed("DELETE", "/v1/consents/current"),
      "new yes": () => device.signed("POST", "/v1/consents", { json }),
    };
    const answers = await Promise.all([shown, ...order.map((step) => begin[step]())]);
    for (const { status } of answers) expect([200, 201, 401, 404, 409]).toContain(status);
    const answerTo = (step: Step) => answers[1 + order.indexOf(step)];
    const ended = [answerTo("withdrawal"), answerTo("another withdrawal")].some((one) => one?.status === 200);
    // One that came behind the new yes, with the lower nonce, is a replay to the mailbox: then nothing has ended.
    if (ended) {
      // Told that it ends; how long the handshake's last step takes is the platform's.
      await eventually(() => socket.socket.readyState >= WebSocket.CLOSING);
      expect((await deposit(device, anyEnvelope(), { token: old })).status).toBe(401);
    }
    const current = await device.signed("GET", "/v1/consents/current");
    if (current.status === 200) {
      const granted = answerTo("new yes");
      if (granted === undefined || granted.status >= 300)
        throw new Error("A consent that nobody was told of.");
      const { deliveryToken, consentId } = (await granted.json()) as ConsentGrantedAnswer;
      expect(await current.json()).toMatchObject({ consentId });
      const held = await (await device.signed("GET", "/v1/mailbox")).json();
      if (ended) expect(held).toMatchObject({ messages: 0 });
      expect((await deposit(device, anyEnvelope(), { token: deliveryToken })).status).toBe(201);
      expect((await device.signed("DELETE", "/v1/consents/current")).status).toBe(200);
    } else expect([current.status, ended]).toEqual([404, true]);
    await eventually(async () => {
      const { consent = [] } = await readRecords(relay().state);
      return consent.length === 0 && (await readMailboxes(relay().state)).length === 0;
    });
    socket.close();
  },
);

/** Milliseconds between two of them, so that a kill meets each at another step. */
const APART = 3;

it.each([15, 40])(
  "a relay that is killed in the middle of withdrawals ends each of them whole, or not at all: after %i ms",
  async (after) => {
    const devices = await Promise.all(Array.from({ length: 8 }, () => RawDevice.consenting(relay().origin)));
    await Promise.all(devices.map((device) => deposit(device, anyEnvelope())));
    const asked = devices.map(async (device, i) => {
      await pause(i * APART);
      // No answer is one, too.
      return device.signed("DELETE", "/v1/consents/current").catch(() => undefined);
    });
    await pause(after);
    // As if it had been down for a day: alarms come at once.
    await relay().crash(() => letDaysPass(relay().state, 1));
    const answers = await Promise.all(asked);

    // What had begun comes to its end by itself; of what had not, nothing is missing.
    let mailboxes: Tables[] = [];
    await eventually(async () => {
      // Unreadable for a moment when workerd opens for the first time what it left when it was killed.
      mailboxes = await readMailboxes(relay().state).catch(() => [{ mailbox: [] }]);
      return mailboxes.every(({ mailbox }) => mailbox?.[0]?.state === "open");
    });
    const { consent = [] } = await readRecords(relay().state);
    const namesOf = (rows: readonly (Record<string, unknown> | undefined)[]) =>
      rows.map((row) => row?.consent_id).sort();
    expect(namesOf(mailboxes.map(({ mailbox }) => mailbox?.[0]))).toEqual(namesOf(consent));
    for (const { message } of mailboxes) expect(message).toHaveLength(1);

    for (const [index, device] of devices.entries()) {
      const isOpen = namesOf(consent).includes(device.consentId);
      if (answers[index]?.status === 200) expect(isOpen).toBe(false);
      const again = await device.signed("DELETE", "/v1/consents/current");
      expect(again.status).toBe(isOpen ? 200 : 404);
      const json = async <Answer>(path: string) =>
        (await (await fetch(relay().origin + path)).json()) as Answer;
      const { receipt } = await json<ReceiptAnswer>(`/v1/receipts/${device.consentId}`);
      expect(decodeJwt(receipt)).toMatchObject({ ended: "withdrawn", erased: { messages: 1, consents: 1 } });
      const { events } = await json<EventsAnswer>(`/v1/receipts/${device.consentId}/events`);
      expect(events.map(({ kind }) => kind)).toEqual(["granted", "withdrawn"]);
    }
    expect([await readMailboxes(relay().state), (await readRecords(relay().state)).consent]).toEqual([
      [],
      [],
    ]);
  },
);

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
