import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMailboxes, readRecords } from "../../src/local/storage.ts";
import { ROUTES } from "../../src/protocol/routes.ts";
import { RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

/** Each call from an address of its own: this test is about bytes, not about rates. */
let callers = 0;
const caller = () => `2001:db8::${(callers++).toString(16)}`;

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
      fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
    );
    const field = fc.string({ maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, ""));
    const call = fc.record({
      path,
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
      type: fc.constantFrom("application/octet-stream", "application/json", "text/plain", ""),
      token,
      ttl: field,
      signature: field,
      signatureInput: fc.oneof(
        field,
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
        const text = await response.text();
        expect(response.status, `${method} ${path}: ${text}`).toBeLessThan(500);
        if (response.status >= 400 && response.status !== 426)
          expect(response.headers.get("content-type")).toBe("application/problem+json");
      }),
      { numRuns: 400 },
    );
    expect([await readMailboxes(relay().state), await readRecords(relay().state)]).toEqual(before);
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
});

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
