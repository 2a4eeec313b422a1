import { randomBytes } from "node:crypto";
import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { readEveryFile, readMailboxes } from "../../src/local/storage.ts";
import type { DepositAnswer, HeldAnswer, ReceiptAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { type OneTimeKeyJson, oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { introductionTo } from "./introduction.ts";
import { anyEnvelope, deposit, RawDevice, type RawSocket } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

const relay = useRelay();

const stateOf = async (answer: Response | Promise<Response>) =>
  ((await (await answer).json()) as DepositAnswer).state;

const claim = (to: RawDevice, token: string) =>
  fetch(`${relay().origin}/v1/mailboxes/${to.address}/one-time-keys/claims`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });

/** Acknowledges the next message that comes, and waits until that is confirmed. */
async function take(socket: RawSocket): Promise<void> {
  for (;;) {
    const frame = decodeRelayFrame(await socket.next());
    if (frame?.kind === "message") socket.send(encodeAcknowledge([frame.id]));
    if (frame?.kind === "erased") return;
  }
}

it("a stranger begins by number, learns of nobody's coming and going, and is blocked by a new token", async () => {
  const found = await RawDevice.consenting(relay().origin, "discovery");
  const keys = [found.oneTimeKey(), found.oneTimeKey()].map(oneTimeKeyToJson);
  await found.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } });
  const { token, nonce, output } = introductionTo(found.address);
  const send = (change: { method?: string; key?: string } = {}) =>
    deposit(found, anyEnvelope(), { token, ...change });

  const first = (await (await claim(found, token)).json()) as OneTimeKeyJson;
  expect(keys).toContainEqual(first);
  const socket = await found.connect();
  expect(await stateOf(send())).toBe("held");
  await take(socket);
  // The same device, at the same time, for somebody whom it gave its card.
  const friends = deposit(found, anyEnvelope());
  await take(socket);
  expect(await stateOf(friends)).toBe("delivered");

  const key = encodeBase64url(randomBytes(16));
  const path = `${relay().origin}/v1/mailboxes/${found.address}/messages/${key}`;
  const headers = { authorization: `Bearer ${token}` };
  expect(await stateOf(send({ key }))).toBe("held");
  await take(socket);
  expect(await stateOf(fetch(path, { headers }))).toBe("held");
  expect((await fetch(path, { method: "DELETE", headers })).status).toBe(409);

  await relay().crash();
  expect(await (await claim(found, token)).json()).toEqual(first);
  const held = (await (await found.signed("GET", "/v1/mailbox/held")).json()) as HeldAnswer;
  expect(held.mailbox.find(({ table }) => table === "permit")?.rows).toMatchObject([
    { id: encodeBase64url(nonce), envelopes: 2, ended: 0 },
  ]);
  for (const { path: file, bytes } of await readEveryFile(relay().state))
    expect(bytes.includes(Buffer.from(output)), file).toBe(false);

  await found.signed("POST", "/v1/mailbox/delivery-token");
  for (const answer of [await send(), await claim(found, token), await send({ key })])
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      401,
      "not-authorized",
    ]);

  const left = await found.signed("DELETE", "/v1/consents/current");
  const { receipt } = (await left.json()) as ReceiptAnswer;
  expect(decodeJwt(receipt)).toMatchObject({ erased: { permits: 1, oneTimeKeys: 1 } });
  expect((await deposit(found, anyEnvelope(), { token: introductionTo(found.address).token })).status).toBe(
    401,
  );
  expect(await readMailboxes(relay().state)).toEqual([]);
});
