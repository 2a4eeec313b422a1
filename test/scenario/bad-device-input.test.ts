import { randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { KEY_SERVED, MAX_ONE_TIME_KEYS } from "../../src/protocol/limits.ts";
import { type OneTimeKey, oneTimeKeyToJson } from "../../src/protocol/one-time-key.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { refusals } from "./refusals.ts";
import { useRelay } from "./relay.ts";

describe("bad input of a device's gets its problem and changes nothing", () => {
  const relay = useRelay();
  const { stored, refused } = refusals(relay);
  let device: RawDevice;
  let other: RawDevice;

  beforeAll(async () => {
    device = await RawDevice.consenting(relay().origin);
    other = await RawDevice.consenting(relay().origin);
    await deposit(device, anyEnvelope());
  });

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
    await refused("malformed-request", () => put([{ ...key, expires: Date.now() + KEY_SERVED + 90_000 }]));
    await refused("malformed-request", () => put([{ ...key, expires: Number.MAX_SAFE_INTEGER }]));
    await refused("malformed-request", () => put([key, key]));
    await refused("malformed-request", () => put(pool(MAX_ONE_TIME_KEYS + 1).map(oneTimeKeyToJson)));
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

  it("JSON that is not JSON", async () => {
    for (const body of ["", "{", "nope", "\u0000", '{"ids":[1}'])
      await refused("malformed-json", () => device.signed("DELETE", "/v1/mailbox/messages", { body }));
  });
});
