import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { NoConsentError } from "../../src/client/relay-problem.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { readMailboxes, readRecords } from "../../src/local/storage.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { person } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

describe("promise 1: nothing before yes", () => {
  const relay = useRelay();

  it("a fresh device asks for the notice when told to, and makes no other request", async () => {
    const asked: string[] = [];
    const platform = {
      fetch: ((input, init) => {
        asked.push(`${init?.method ?? "GET"} ${new URL(String(input)).pathname}`);
        return fetch(input, init);
      }) as typeof fetch,
      WebSocket: class {
        constructor() {
          throw new Error("A socket was opened before consent.");
        }
      } as unknown as typeof WebSocket,
    };
    const bo = await person(relay().origin);
    const device = await Device.create({ relay: relay().origin, vault: new MemoryVault(), platform });
    await device.add(bo.card(), "Bo");
    await expect(device.send(bo.address, "hello")).rejects.toThrow(NoConsentError);
    await expect(device.inbox().next()).rejects.toThrow(NoConsentError);
    expect(() => device.card()).toThrow(NoConsentError);
    expect(() => device.held()).toThrow(NoConsentError);
    await expect(device.withdraw()).rejects.toThrow(NoConsentError);
    expect(asked).toEqual([]);
    await device.notice();
    expect(asked).toEqual(["GET /v1/notice"]);
  });

  it("a mailbox that nobody opened has no table and no row, however often it is called", async () => {
    const before = await readMailboxes(relay().state);
    const records = await readRecords(relay().state);
    const stranger = new RawDevice(relay().origin);
    const open = await RawDevice.consenting(relay().origin);
    await open.signed("DELETE", "/v1/consents/current");
    for (const device of [stranger, open]) {
      const { address, origin } = device;
      const deposited = await deposit({ address, origin, deliveryToken: open.deliveryToken }, anyEnvelope());
      expect(deposited.status).toBe(401);
      expect(await deposited.json()).toMatchObject({ code: "not-authorized" });
      for (const path of ["/v1/mailbox", "/v1/mailbox/messages", "/v1/mailbox/held", "/v1/consents/current"])
        expect((await device.signed("GET", path)).status).toBe(404);
      await expect(device.connect()).rejects.toThrow();
    }
    expect(await readMailboxes(relay().state)).toEqual(before);
    expect((await readRecords(relay().state)).consent).toEqual(records.consent);
  });

  it("every sender call gets one answer before consent, after withdrawal and for no mailbox at all", async () => {
    const gone = await RawDevice.consenting(relay().origin);
    const goneToken = gone.deliveryToken;
    await gone.signed("DELETE", "/v1/consents/current");
    const rotated = await RawDevice.consenting(relay().origin);
    const rotatedToken = rotated.deliveryToken;
    await rotated.signed("POST", "/v1/mailbox/delivery-token");
    const never = new RawDevice(relay().origin);
    const cases = [
      { address: gone.address, token: goneToken },
      { address: rotated.address, token: rotatedToken },
      { address: never.address, token: goneToken },
      { address: gone.address, token: rotated.deliveryToken },
      { address: never.address, token: encodeBase64url(randomBytes(49)) },
      { address: rotated.address, token: encodeBase64url(randomBytes(49)) },
      { address: rotated.address, token: "nonsense" },
    ];
    const key = encodeBase64url(randomBytes(16));
    const calls = [
      { method: "POST", path: "messages" },
      { method: "PUT", path: `messages/${key}` },
      { method: "GET", path: `messages/${key}` },
      { method: "DELETE", path: `messages/${key}` },
      { method: "POST", path: "one-time-keys/claims" },
    ];
    for (const { method, path } of calls) {
      const answers = await Promise.all(
        cases.map(async ({ address, token }) => {
          const body = method === "PUT" || path === "messages" ? new Uint8Array(anyEnvelope()) : undefined;
          const response = await fetch(`${relay().origin}/v1/mailboxes/${address}/${path}`, {
            method,
            headers: {
              authorization: `Bearer ${token}`,
              ...(body && { ttl: "60", "content-type": "application/octet-stream" }),
            },
            ...(body && { body }),
          });
          const headers = [...response.headers].filter(([name]) => name !== "date");
          return JSON.stringify([response.status, headers, await response.text()]);
        }),
      );
      expect(new Set(answers).size, `${method} ${path}`).toBe(1);
      expect(answers[0]).toContain("not-authorized");
    }
  });
});
