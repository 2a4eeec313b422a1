import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { readMailboxes, readRecords, type Tables } from "../../src/local/storage.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { encodeAcknowledge } from "../../src/protocol/frames.ts";
import { MAX_ONE_TIME_KEYS } from "../../src/protocol/limits.ts";
import { type OneTimeKey, oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { PROBLEMS, type ProblemCode } from "../../src/protocol/problems.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

describe("bad input gets its problem and changes nothing", () => {
  const relay = useRelay();
  let device: RawDevice;
  let other: RawDevice;

  beforeAll(async () => {
    device = await RawDevice.consenting(relay().origin);
    other = await RawDevice.consenting(relay().origin);
    await deposit(device, anyEnvelope());
  });

  /** Everything stored, except the nonce, which a well-signed call may use up even when its content is refused. */
  const stored = async () => {
    const withoutNonce = (tables: Tables) =>
      Object.fromEntries(
        Object.entries(tables).map(([name, rows]) => [
          name,
          rows.map(({ nonce, last_nonce, ...row }) => row),
        ]),
      );
    const records = await readRecords(relay().state);
    return [(await readMailboxes(relay().state)).map(withoutNonce), records];
  };

  const refused = async (code: ProblemCode, call: () => Promise<Response>) => {
    const before = await stored();
    const response = await call();
    const body = await response.text();
    expect({ status: response.status, type: response.headers.get("content-type") }, body).toEqual({
      status: PROBLEMS[code][0],
      type: "application/problem+json",
    });
    expect(JSON.parse(body)).toMatchObject({ code, status: PROBLEMS[code][0] });
    expect(await stored()).toEqual(before);
  };

  it.each([
    ["missing", undefined, "ttl-missing"],
    ["empty", "", "ttl-invalid"],
    ["negative", "-1", "ttl-invalid"],
    ["enormous", "99999999999999999999", "ttl-invalid"],
    ["fractional", "1.5", "ttl-invalid"],
    ["not a number", "soon", "ttl-invalid"],
  ] as const)("TTL: %s", (_, ttl, code) => refused(code, () => deposit(device, anyEnvelope(), { ttl })));

  it.each([
    ["empty", () => new Uint8Array(), "not-sealed"],
    ["unpadded", () => anyEnvelope(2047), "not-sealed"],
    ["between two classes", () => anyEnvelope(3000), "not-sealed"],
    ["of another version", () => anyEnvelope().fill(2, 0, 1), "not-sealed"],
    ["oversized", () => anyEnvelope(65537), "too-large"],
    ["far oversized", () => anyEnvelope(1_000_000), "too-large"],
  ] as const)("body: %s", async (_, make, code) => {
    await refused(code, () => deposit(device, make()));
    await refused(code, () => deposit(device, make(), { key: encodeBase64url(randomBytes(16)) }));
  });

  it("a body without a length is bounded while it is read", async () => {
    await refused("too-large", () => chunked(device, 200_000));
  });

  it("content type", async () => {
    await refused("unsupported-media-type", () =>
      deposit(device, anyEnvelope(), { contentType: "text/plain" }),
    );
    await refused("unsupported-media-type", async () =>
      device.signed("POST", "/v1/consents", { json: await device.statement(), contentType: "text/plain" }),
    );
  });

  it.each([
    ["of another length", (a: string) => a.slice(1)],
    ["padded", (a: string) => `${a}=`],
    ["not canonical", (a: string) => `${a.slice(0, 42)}${a[42] === "B" ? "C" : "B"}`],
    ["with a strange suffix", (a: string) => `${a}.EU`],
  ] as const)("address: %s", (_, change) =>
    refused("malformed-address", () =>
      deposit(
        {
          ...device,
          origin: device.origin,
          address: change(device.address),
          deliveryToken: device.deliveryToken,
        },
        anyEnvelope(),
      ),
    ),
  );

  it("a deposit key that is not 16 octets", () =>
    refused("malformed-key", () => deposit(device, anyEnvelope(), { key: "short" })));

  it("signatures", async () => {
    const url = (path: string) => device.origin + path;
    const json = { ids: [1] };
    const path = "/v1/mailbox/messages";
    const now = Math.floor(Date.now() / 1000);
    await refused("signature-missing", () => fetch(url("/v1/mailbox")));
    await refused("signature-expired", () => device.signed("GET", "/v1/mailbox", { created: now - 62 }));
    await refused("signature-expired", () => device.signed("GET", "/v1/mailbox", { created: now + 65 }));
    const { secretKey } = ed25519.keygen();
    await refused("signature-invalid", () =>
      device.signed("GET", "/v1/mailbox", { signedAs: { secretKey } }),
    );
    await refused("signature-invalid", () =>
      device.signed("GET", "/v1/mailbox", { signedAs: { address: other.address } }),
    );
    await refused("signature-invalid", () =>
      device.signed("GET", "/v1/mailbox", { signedAs: { url: url("/v1/mailbox/held") } }),
    );
    await refused("signature-invalid", () =>
      device.signed("DELETE", path, { json, signedAs: { method: "GET" } }),
    );
    await refused("digest-mismatch", () =>
      device.signed("DELETE", path, { json, signedAs: { body: '{"ids":[2]}' } }),
    );
    await refused("signature-invalid", () =>
      device.signed("POST", "/v1/mailbox/delivery-token", { nonce: false }),
    );
  });

  it("delivery tokens: none, forged, foreign, rotated, from before a withdrawal", async () => {
    const bytes = Buffer.from(device.deliveryToken, "base64url");
    for (const at of [0, 1, 17, bytes.length - 1]) {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ 1;
      await refused("not-authorized", () =>
        deposit(device, anyEnvelope(), { token: encodeBase64url(forged) }),
      );
    }
    await refused("not-authorized", () => deposit(device, anyEnvelope(), { token: other.deliveryToken }));
    await refused("not-authorized", () => deposit(device, anyEnvelope(), { token: "" }));

    const rotating = await RawDevice.consenting(relay().origin);
    expect((await rotating.signed("POST", "/v1/mailbox/delivery-token")).status).toBe(200);
    await refused("not-authorized", () => deposit(rotating, anyEnvelope()));
    await rotating.signed("DELETE", "/v1/consents/current");
    await rotating.signed("POST", "/v1/consents", { json: await rotating.statement() });
    await refused("not-authorized", () => deposit(rotating, anyEnvelope()));
    await rotating.signed("DELETE", "/v1/consents/current");
  });

  it("consent: old, foreign, of another notice, unsigned, for a jurisdiction that is not here", async () => {
    const stranger = new RawDevice(relay().origin);
    const grant = (json: unknown) => stranger.signed("POST", "/v1/consents", { json });
    const expired = await stranger.statement({ created: Date.now() - 3_600_000 });
    await refused("statement-expired", () => grant(expired));
    await refused("statement-expired", async () =>
      grant(await stranger.statement({ created: Date.now() + 3_600_000 })),
    );
    const foreign = await other.statement();
    await refused("statement-invalid", () => grant(foreign));
    const good = await stranger.statement();
    await refused("statement-invalid", () => grant({ ...good, signature: foreign.signature }));
    await refused("notice-superseded", async () =>
      grant(await stranger.statement({ noticeHash: randomBytes(32) })),
    );
    await refused("malformed-request", () => grant({ statement: good.statement }));
    await refused("malformed-request", () => grant([]));
    const elsewhere = new RawDevice(relay().origin, "eu");
    await refused("jurisdiction-unavailable", async () =>
      elsewhere.signed("POST", "/v1/consents", { json: await elsewhere.statement() }),
    );
  });

  it("what was sent before: nonces and key pools", async () => {
    const nonce = device.nextNonce();
    const json = { keys: [oneTimeKeyToJson(device.oneTimeKey(true))] };
    const put = () => device.signed("PUT", "/v1/mailbox/one-time-keys", { json, nonce });
    expect((await put()).ok).toBe(true);
    await refused("nonce-used", put);
    await refused("nonce-used", () =>
      device.signed("POST", "/v1/mailbox/delivery-token", { nonce: nonce - 1 }),
    );
    await refused("nonce-used", () => device.signed("DELETE", "/v1/consents/current", { nonce }));
  });

  it("key pools that are not", async () => {
    const put = (keys: unknown) => device.signed("PUT", "/v1/mailbox/one-time-keys", { json: { keys } });
    const key = oneTimeKeyToJson(device.oneTimeKey());
    const pool = (count: number): OneTimeKey[] => Array.from({ length: count }, () => device.oneTimeKey());
    await refused("malformed-request", () => put("none"));
    await refused("malformed-request", () => put([{ ...key, publicKey: "AAAA" }]));
    await refused("malformed-request", () => put([{ ...key, expires: -1 }]));
    await refused("malformed-request", () => put([key, key]));
    await refused("malformed-request", () => put(pool(MAX_ONE_TIME_KEYS + 1).map(oneTimeKeyToJson)));
  });

  it("tickets: used, old, foreign, for another relay, and no ticket at all", async () => {
    const before = await stored();
    const used = device.ticket();
    (await device.connect(used)).close();
    const { secretKey } = ed25519.keygen();
    for (const ticket of [
      used,
      device.ticket({ created: Date.now() - 62_000 }),
      device.ticket({ created: Date.now() + 65_000 }),
      device.ticket({ origin: "https://elsewhere.example" }),
      device.ticket({ secretKey }),
      "restante.ticket.AAAA.AAAA",
      "nonsense",
    ])
      await expect(device.connect(ticket), ticket).rejects.toThrow();
    expect((await fetch(`${device.origin}/v1/mailbox/socket`)).status).toBe(426);
    expect(await stored()).toEqual(before);
  });

  it("acknowledgements of unknown and doubled ids erase nothing they should not", async () => {
    const before = await stored();
    const ids = [1, 2, 2, Number.MAX_SAFE_INTEGER];
    const answer = await device.signed("DELETE", "/v1/mailbox/messages", { json: { ids } });
    expect(await answer.json()).toEqual({ erased: [] });
    for (const bad of [[], [-1], [1.5], ["1"], [2 ** 53], Array.from({ length: 300 }, (_, i) => i)])
      await refused("malformed-request", () =>
        device.signed("DELETE", "/v1/mailbox/messages", { json: { ids: bad } }),
      );
    expect(await stored()).toEqual(before);
  });

  it.each([
    ["empty", new Uint8Array()],
    ["of an unknown kind", Uint8Array.of(0x7f, 1, 2, 3)],
    ["the relay's own", Uint8Array.of(0x02)],
    ["cut short", encodeAcknowledge([1]).slice(0, 5)],
    ["oversized", Uint8Array.of(0x81, ...new Uint8Array(8 * 257))],
    ["a megabyte of noise", new Uint8Array(1_000_000).fill(7)],
  ] as const)("a frame that is %s closes the socket", async (_, frame) => {
    const before = await stored();
    const socket = await device.connect();
    socket.send(frame);
    expect((await socket.closed).code).toBe(4001);
    expect(await stored()).toEqual(before);
  });

  it("text on the socket that is not a ping", async () => {
    const socket = await device.connect();
    socket.socket.send("hello");
    expect((await socket.closed).code).toBe(4001);
  });

  it("JSON that is not JSON", async () => {
    for (const body of ["", "{", "nope", "\u0000", '{"ids":[1}'])
      await refused(body === "" ? "malformed-json" : "malformed-json", () =>
        device.signed("DELETE", "/v1/mailbox/messages", { body }),
      );
  });

  it("a full mailbox", async () => {
    const full = await RawDevice.consenting(relay().origin);
    for (let i = 0; i < 64; i++) await deposit(full, anyEnvelope(65536));
    await refused("mailbox-full", () => deposit(full, anyEnvelope()));
    await refused("mailbox-full", () =>
      deposit(full, anyEnvelope(), { key: encodeBase64url(randomBytes(16)) }),
    );
    await full.signed("DELETE", "/v1/consents/current");
  });

  it("a path that is not there", async () => {
    await refused("not-found", () => fetch(`${device.origin}/v1/nothing`));
    await refused("not-found", () => fetch(`${device.origin}/v1/notice`, { method: "PATCH" }));
  });
});

/** A deposit in chunks, with no Content-Length to refuse it by. */
function chunked(device: RawDevice, size: number): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(device.origin);
    const call = request(
      {
        hostname,
        port,
        method: "POST",
        path: `/v1/mailboxes/${device.address}/messages`,
        headers: {
          authorization: `Bearer ${device.deliveryToken}`,
          "content-type": "application/octet-stream",
          "transfer-encoding": "chunked",
          ttl: "60",
        },
      },
      async (answer) => {
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part as Buffer);
        const headers = { "content-type": String(answer.headers["content-type"]) };
        resolve(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 0, headers }));
      },
    );
    call.on("error", reject);
    call.write(anyEnvelope(size));
    call.end();
  });
}
