import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { chunkedDeposit } from "./plain-http.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { refusals } from "./refusals.ts";
import { useRelay } from "./relay.ts";

describe("bad input of a sender's gets its problem and changes nothing", () => {
  const relay = useRelay();
  const { refused } = refusals(relay);
  let device: RawDevice;
  let other: RawDevice;

  beforeAll(async () => {
    device = await RawDevice.consenting(relay().origin);
    other = await RawDevice.consenting(relay().origin);
    await deposit(device, anyEnvelope());
  });

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
    await refused("too-large", () => chunkedDeposit(device, 200_000));
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
