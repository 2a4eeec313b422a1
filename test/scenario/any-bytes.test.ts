import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMailboxes, readRecords } from "../../src/local/storage.ts";
import type { DepositAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { isEnvelope } from "../../src/protocol/envelope.ts";
import { oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { ROUTES } from "../../src/protocol/routes.ts";
import { anyEnvelope, RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

/** Each call from an address of its own: this test is about bytes, not about rates. */
let callers = 0;
const caller = () => `2001:db8::${(callers++).toString(16)}`;

const text = (maxLength: number) =>
  fc.string({ maxLength }).map((value) => value.replace(/[^\x20-\x7e]/g, ""));

/**
 * Of a body that nobody reads workerd lets some 64 KiB pass; behind it the connection ends, maybe before the answer is
 * heard. Half of it is safe.
 */
const MAX_UNREAD = 32_768;

function wasCut(error: { cause?: { code?: string } }): undefined {
  if (!["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(error.cause?.code ?? "")) throw error;
}

/** Octets of any kind, nearly an envelope's form, and one: so that what takes one is reached. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .tuple(fc.constantFrom(0, 1, 0x81), fc.constantFrom(2047, 2048, 65_537))
    .map(([version, size]) => anyEnvelope(size).fill(version, 0, 1)),
  fc.constantFrom(2048, 4096).map(anyEnvelope),
);

describe("any bytes at any route", () => {
  const relay = useRelay();

  it("never make the relay fail, and never leave a row", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const before = [await readMailboxes(relay().state), await readRecords(relay().state)];
    const segment = fc.oneof(
      fc.constant(device.address),
      fc.base64String({ minLength: 1, maxLength: 60 }).map(encodeURIComponent),
      fc.string({ minLength: 1, maxLength: 20, unit: "binary" }).map(safeSegment),
    );
    const path = fc
      .tuple(fc.constantFrom(...Object.values(ROUTES)), segment, segment)
      .map(([route, first, second]) => route.replace(/:[A-Za-z]+/, first).replace(/:[A-Za-z]+/, second));
    const token = fc.oneof(
      fc.constant(device.deliveryToken.slice(0, -1)),
      fc.base64String({ maxLength: 100 }),
      text(40),
    );
    const call = fc.record({
      path,
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
      type: fc.constantFrom("application/octet-stream", "application/json", "text/plain", ""),
      token,
      ttl: text(60),
      signature: text(60),
      signatureInput: fc.oneof(
        text(60),
        fc.constant('restante=("@method" "@target-uri");created=1;keyid="x";alg="ed25519";tag="restante"'),
      ),
      body: fc.uint8Array({ maxLength: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(call, async ({ path, method, type, token, ttl, signature, signatureInput, body }) => {
        const response = await fetch(relay().origin + path, {
          method,
          headers: {
            "cf-connecting-ip": caller(),
            "content-type": type,
            authorization: `Bearer ${token}`,
            ttl,
            signature,
            "signature-input": signatureInput,
          },
          ...(method === "GET" ? {} : { body: new Uint8Array(body) }),
        });
        await isNoFailure(response, `${method} ${path}`);
      }),
      { numRuns: 400 },
    );
    expect([await readMailboxes(relay().state), await readRecords(relay().state)]).toEqual(before);
  });

  it("with a real delivery token leave a row for what was accepted, and for nothing else", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const keys = Array.from({ length: 20 }, () => oneTimeKeyToJson(device.oneTimeKey()));
    await device.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } });
    const key = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...["a", "b", "c", "d"].map((letter) => `${letter.repeat(21)}A`)),
      },
      { weight: 1, arbitrary: fc.base64String({ minLength: 1, maxLength: 30 }).map(encodeURIComponent) },
    );
    const at = `/v1/mailboxes/${device.address}`;
    const call = fc.record({
      target: fc.oneof(
        fc.constant(["POST", `${at}/messages`] as const),
        fc.tuple(
          fc.constantFrom("PUT", "GET", "DELETE"),
          key.map((name) => `${at}/messages/${name}`),
        ),
        fc.constant(["POST", `${at}/one-time-keys/claims`] as const),
      ),
      type: fc.oneof(
        { weight: 4, arbitrary: fc.constant("application/octet-stream") },
        { weight: 1, arbitrary: text(30) },
      ),
      ttl: fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom("0", "3600", "2147483647") },
        { weight: 1, arbitrary: fc.constantFrom("2147483648", "-1", "1.5", "") },
        { weight: 1, arbitrary: text(20).map((value) => `x${value}`) },
      ),
      body: bytes,
    });
    const held: string[] = [];
    const revocable = new Map<string, string>();
    let claimed = 0;
    await fc.assert(
      fc.asyncProperty(call, async ({ target: [method, path], type, ttl, body }) => {
        const takesBody = method === "PUT" || path.endsWith("/messages");
        const octets = takesBody ? body : body.slice(0, MAX_UNREAD);
        const isTooLong = octets.length > MAX_UNREAD;
        const asked = fetch(relay().origin + path, {
          method,
          headers: {
            "cf-connecting-ip": caller(),
            authorization: `Bearer ${device.deliveryToken}`,
            "content-type": type,
            ttl,
            // Nothing else may be put on a connection that is about to end.
            ...(isTooLong && { connection: "close" }),
          },
          ...(method === "GET" ? {} : { body: new Uint8Array(octets) }),
        });
        const response = isTooLong ? await asked.catch(wasCut) : await asked;
        if (response === undefined) return;
        const answer = await isNoFailure(response, `${method} ${path} ttl ${ttl}`);
        if (!response.ok) return;
        const { state } = JSON.parse(answer) as DepositAnswer;
        if (path.endsWith("claims")) {
          claimed++;
          return;
        }
        const name = method === "POST" ? undefined : path.slice(-22);
        const isNew = name === undefined || !revocable.has(name);
        const isDeposit = method === "POST" || method === "PUT";
        if (isNew && isDeposit)
          expect([isEnvelope(body), type, /^\d+$/.test(ttl)]).toEqual([
            true,
            "application/octet-stream",
            true,
          ]);
        if (name !== undefined) revocable.set(name, state);
        else if (state === "held") held.push(encodeBase64url(body));
      }),
      // What went before matters: a smaller example would be another story.
      { numRuns: 400, endOnFailure: true },
    );
    const { message = [], revocable_deposit = [], one_time_key = [] } = await mailboxOf(device);
    const octets = (value: unknown) => (value instanceof Uint8Array ? encodeBase64url(value) : "");
    expect(message.map(({ body }) => octets(body))).toEqual(held);
    expect(Object.fromEntries(revocable_deposit.map(({ key, state }) => [octets(key), state]))).toEqual(
      Object.fromEntries(revocable),
    );
    expect(one_time_key).toHaveLength(20 - Math.min(claimed, 20));
    expect([held.length, revocable.size, claimed].every((count) => count > 0)).toBe(true);
  });

  it("signed by a real device, random JSON is refused or harmless", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const before = JSON.stringify(await counts(relay().state));
    const signed = fc.record({
      path: fc.constantFrom("/v1/consents", "/v1/mailbox/messages", "/v1/mailbox/one-time-keys"),
      method: fc.constantFrom("POST", "PUT", "DELETE"),
      json: fc.oneof(
        fc.jsonValue(),
        fc.record({ ids: fc.jsonValue() }),
        fc.record({ keys: fc.jsonValue() }),
        fc.record({
          statement: fc.base64String(),
          signature: fc.base64String({ minLength: 80, maxLength: 90 }),
        }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(signed, async ({ path, method, json }) => {
        const response = await device.signed(method, path, { json });
        expect(response.status, await response.text()).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
    expect(JSON.stringify(await counts(relay().state))).toBe(before);
  });

  /** The one mailbox whose row carries this device's address. */
  async function mailboxOf({ address }: RawDevice) {
    const all = await readMailboxes(relay().state);
    const own = all.find(({ mailbox = [] }) => mailbox.some((row) => row.address === address));
    if (own === undefined) throw new Error("no mailbox");
    return own;
  }
});

/** @returns the answer's text */
async function isNoFailure(response: Response, call: string): Promise<string> {
  const answer = await response.text();
  expect(response.status, `${call}: ${answer}`).toBeLessThan(500);
  if (response.status >= 400) expect(response.headers.get("content-type")).toBe("application/problem+json");
  return answer;
}

/** What a URL takes without being changed into another path. */
function safeSegment(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed()).replace(/\./g, "%2E");
  return escaped === "" ? "x" : escaped;
}

async function counts(state: string): Promise<unknown> {
  const count = (tables: Record<string, unknown[]>) =>
    Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.length]));
  return [(await readMailboxes(state)).map(count), count(await readRecords(state))];
}
