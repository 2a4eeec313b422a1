import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { MailboxAnswer } from "../../../src/protocol/answers.ts";
import { MAX_CLAIMS_A_DAY } from "../../../src/protocol/limits.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { contentDigest } from "../../../src/protocol/signed-request.ts";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import { fetchRelay, ORIGIN, refusal, SigningDevice } from "./signing-device.ts";

const JSON_BODY = { method: "DELETE", path: ROUTES.messages, json: { ids: [1] }, nonce: null } as const;

/** The same request with some of it changed after it was signed. */
async function changed(
  request: Request,
  change: { url?: string; method?: string; headers?: Record<string, string | null>; body?: string },
): Promise<Request> {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(change.headers ?? {}))
    value === null ? headers.delete(name) : headers.set(name, value);
  const body = change.body ?? (request.body ? await request.text() : undefined);
  return new Request(change.url ?? request.url, {
    method: change.method ?? request.method,
    headers,
    ...(body !== undefined && { body }),
  });
}

const faults: Record<string, [(device: SigningDevice) => Request | Promise<Request>, string]> = {
  "no signature": [
    (d) => changed(d.request(JSON_BODY), { headers: { signature: null, "signature-input": null } }),
    "signature-missing",
  ],
  "half a signature": [
    (d) => changed(d.request(JSON_BODY), { headers: { "signature-input": null } }),
    "signature-missing",
  ],
  "a signature that is none": [
    (d) => changed(d.request(JSON_BODY), { headers: { signature: "restante=:AAAA:" } }),
    "signature-invalid",
  ],
  "fields that are no structured fields": [
    (d) => changed(d.request(JSON_BODY), { headers: { "signature-input": "((((" } }),
    "signature-invalid",
  ],
  "a signature of 61 seconds ago": [(d) => d.request({ ...JSON_BODY, skew: -62 }), "signature-expired"],
  "a signature from the future": [(d) => d.request({ ...JSON_BODY, skew: 62 }), "signature-expired"],
  "another key's signature": [
    async (d) => {
      const other = new SigningDevice();
      const input = d.request(JSON_BODY).headers.get("signature-input") ?? "";
      return changed(other.request(JSON_BODY), { headers: { "signature-input": input } });
    },
    "signature-invalid",
  ],
  "another address as key id": [
    async (d) => {
      const request = d.request(JSON_BODY);
      const input = request.headers.get("signature-input") ?? "";
      const other = input.replace(d.address, new SigningDevice().address);
      return changed(request, { headers: { "signature-input": other } });
    },
    "signature-invalid",
  ],
  "another body under the digest": [
    (d) => changed(d.request(JSON_BODY), { body: '{"ids":[2]}' }),
    "digest-mismatch",
  ],
  "another digest": [
    (d) =>
      changed(d.request(JSON_BODY), {
        headers: { "content-digest": contentDigest(new TextEncoder().encode('{"ids":[2]}')) },
        body: '{"ids":[2]}',
      }),
    "signature-invalid",
  ],
  "a body without a digest": [
    (d) => changed(d.request({ ...JSON_BODY, json: undefined }), { body: '{"ids":[1]}' }),
    "signature-invalid",
  ],
  "another path": [
    (d) => changed(d.request({ method: "GET", path: ROUTES.held }), { url: ORIGIN + ROUTES.mailbox }),
    "signature-invalid",
  ],
  "another query": [
    (d) =>
      changed(d.request({ method: "GET", path: `${ROUTES.messages}?limit=1` }), {
        url: `${ORIGIN + ROUTES.messages}?limit=2`,
      }),
    "signature-invalid",
  ],
  "another relay": [
    (d) =>
      changed(d.request({ method: "GET", path: ROUTES.mailbox }), {
        url: `https://other.example${ROUTES.mailbox}`,
      }),
    "signature-invalid",
  ],
  "another method": [
    (d) => changed(d.request({ method: "GET", path: ROUTES.currentConsent }), { method: "DELETE" }),
    "signature-invalid",
  ],
  "no nonce where state changes": [
    (d) => d.request({ method: "POST", path: ROUTES.deliveryToken, nonce: null }),
    "signature-invalid",
  ],
  "a nonce that is no counter": [
    async (d) => {
      const request = d.request({ method: "POST", path: ROUTES.deliveryToken, nonce: 7 });
      const input = request.headers.get("signature-input") ?? "";
      return changed(request, { headers: { "signature-input": input.replace('"7"', '"07"') } });
    },
    "signature-invalid",
  ],
};

describe("a signed request with", () => {
  it.each(Object.entries(faults))("%s is refused and wakes no mailbox", async (_, [make, code]) => {
    const before = await listDurableObjectIds(env.MAILBOX);
    expect(await refusal(fetchRelay(await make(new SigningDevice())))).toEqual([401, code]);
    expect(await listDurableObjectIds(env.MAILBOX)).toHaveLength(before.length);
  });

  it("a nonce that was used is refused and changes nothing", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const request = device.request({ method: "POST", path: ROUTES.deliveryToken });
    expect((await fetchRelay(request.clone())).status).toBe(200);
    expect(await refusal(fetchRelay(request))).toEqual([409, "nonce-used"]);
    const older = device.request({ method: "PUT", path: ROUTES.oneTimeKeys, json: { keys: [] }, nonce: 5 });
    expect(await refusal(fetchRelay(older))).toEqual([409, "nonce-used"]);
  });

  it("a clock that is a little wrong is taken", async () => {
    const device = new SigningDevice();
    await device.optIn();
    for (const skew of [-55, 55]) {
      const answer = await device.call({ method: "GET", path: ROUTES.mailbox, nonce: null, skew });
      expect(answer.status).toBe(200);
    }
  });
});

describe("a device", () => {
  it("reads, pulls and acknowledges its mailbox over HTTP, and learns the last nonce", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const nonce = device.nextNonce();
    await device.call({ method: "PUT", path: ROUTES.oneTimeKeys, json: { keys: [] }, nonce });
    const status: MailboxAnswer = await (
      await device.call({ method: "GET", path: ROUTES.mailbox, nonce: null })
    ).json();
    const { version } = currentNotice(env);
    expect(status).toEqual({
      messages: 0,
      bytes: 0,
      oldest: null,
      oneTimeKeys: 0,
      lastResortKey: false,
      claims: { today: 0, limit: MAX_CLAIMS_A_DAY, reachedAt: null },
      nonce,
      notice: { agreed: version, current: version, suspended: false },
      routeClaim: null,
    });
    const pulled = await device.call({ method: "GET", path: `${ROUTES.messages}?limit=5`, nonce: null });
    expect(await pulled.json()).toEqual({ messages: [], more: false });
    const erased = await device.call({ ...JSON_BODY, json: { ids: [1, 1, 2] } });
    expect(await erased.json()).toEqual({ erased: [] });
  });

  it.each(["0", "101", "1e1", "-1", "", "x"])("with limit=%s is refused", async (limit) => {
    const device = new SigningDevice();
    const path = `${ROUTES.messages}?limit=${limit}`;
    expect(await refusal(device.call({ method: "GET", path, nonce: null }))).toEqual([
      400,
      "malformed-request",
    ]);
  });
});
