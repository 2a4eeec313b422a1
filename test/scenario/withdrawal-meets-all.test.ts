import { expect, it } from "vitest";
import { readMailboxes, readRecords } from "../../src/local/storage.ts";
import type { ConsentGrantedAnswer } from "../../src/protocol/answers.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

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
