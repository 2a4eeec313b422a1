import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DepositAnswer } from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { PROBLEMS } from "../../../src/protocol/problems.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import { envelope, fetchRelay, ORIGIN, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything that is written to any console meanwhile. */
function watchLogs(): () => string {
  const spies = (["log", "info", "warn", "error", "debug", "trace"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
  const text = (value: unknown) =>
    value instanceof Error ? `${value.name} ${value.message} ${value.stack}` : String(value);
  return () => spies.flatMap((spy) => spy.mock.calls.flat().map(text)).join("\n");
}

const SECRET = "a-number-an-address-a-token";
const failing = (error: unknown) => ({
  ...env,
  RECORDS: {
    prepare: () => {
      throw error;
    },
  } as unknown as D1Database,
});
const receipt = () => new Request(`${ORIGIN}/v1/receipts/x`);

describe("every answer", () => {
  it("forbids sniffing, framing and keeping, unless a route says that it may be kept", async () => {
    for (const path of [ROUTES.health, ROUTES.notice, ROUTES.keySet, ROUTES.problems, "/", "/v1/nothing"]) {
      const { headers } = await fetchRelay(new Request(ORIGIN + path));
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      const cacheable = path === ROUTES.keySet || path === ROUTES.problems;
      expect(headers.get("cache-control")).toBe(cacheable ? "public, max-age=300" : "no-store");
    }
  });

  it("to an unknown path or method is a problem", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["POST", ROUTES.health],
      ["PATCH", ROUTES.currentConsent],
      ["GET", `${ROUTES.health}/`],
    ] as const) {
      const answer = await fetchRelay(new Request(ORIGIN + path, { method }));
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await refusal(answer)).toEqual([404, "not-found"]);
    }
  });
});

describe("the table of problems", () => {
  it("is served where every problem's type points", async () => {
    const answer = await fetchRelay(new Request(ORIGIN + ROUTES.problems));
    const { problems } = (await answer.json()) as { problems: { code: string; type: string }[] };
    expect(problems.map(({ code }) => code)).toEqual(Object.keys(PROBLEMS));
    for (const { type, code } of problems) expect(type).toBe(`${ROUTES.problems}#${code}`);
  });
});

describe("a failure of the relay", () => {
  it("is a bare `internal`, and the log has its kind and no more", async () => {
    const logs = watchLogs();
    const answer = await app.fetch(receipt(), failing(new TypeError(SECRET)));
    expect(await refusal(answer.clone())).toEqual([500, "internal"]);
    expect(await answer.text()).not.toContain(SECRET);
    expect(logs()).toContain("TypeError");
    expect(logs()).not.toContain(SECRET);
  });

  it("that will pass is `unavailable`, and says when to try again", async () => {
    for (const property of ["retryable", "overloaded", "durableObjectReset"]) {
      const error = Object.assign(new Error(SECRET), { [property]: true });
      const answer = await app.fetch(receipt(), failing(error));
      expect(answer.headers.get("retry-after")).toBe("5");
      expect(await refusal(answer)).toEqual([503, "unavailable"]);
    }
  });
});

describe("the log", () => {
  it("stays empty through a life of a mailbox and every kind of bad request", async () => {
    const logs = watchLogs();
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    await fetchRelay(senderRequest(device.address, deliveryToken));
    await fetchRelay(senderRequest(device.address, `${deliveryToken}x`));
    await fetchRelay(senderRequest(device.address, deliveryToken, { body: SECRET }));
    await device.call({ method: "PUT", path: ROUTES.oneTimeKeys, json: { keys: [SECRET] } });
    await device.grant(SECRET);
    await device.withdraw();
    expect(logs()).toBe("");
  });
});

describe("random bytes", () => {
  it("at any route are refused and never a failure", async () => {
    const paths = Object.values(ROUTES).map((path) =>
      path.replace(/:address/, new SigningDevice().address).replace(/:[A-Za-z]+/, "A".repeat(22)),
    );
    const headers = ["authorization", "signature", "signature-input", "content-type", "ttl", "upgrade"];
    const request = fc.record({
      path: fc.constantFrom(...paths),
      method: fc.constantFrom("POST", "PUT", "DELETE", "PATCH"),
      body: fc.uint8Array({ maxLength: 3000 }),
      headers: fc.array(fc.tuple(fc.constantFrom(...headers), fc.string({ unit: "grapheme-ascii" })), {
        maxLength: 4,
      }),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ path, method, body, headers }) => {
        const sent = new Headers({ "cf-connecting-ip": encodeBase64url(body.slice(0, 8)) });
        for (const [name, value] of headers) sent.set(name, value);
        const answer = await fetchRelay(
          new Request(ORIGIN + path, { method, headers: sent, body: new Uint8Array(body) }),
        );
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
      }),
      { numRuns: 150 },
    );
  });

  it("with a real delivery token are refused, or answered with success and held", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const stub = env.MAILBOX.get(env.MAILBOX.idFromName(device.address));
    const count = () =>
      runInDurableObject(stub, (_, { storage }) =>
        ["message", "revocable_deposit"].map(
          (table) => storage.sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).one().n,
        ),
      );
    const { address } = device;
    const key = fc.oneof(
      fc.constantFrom("A".repeat(22), `${"b".repeat(21)}A`),
      fc.base64String({ minLength: 1 }).map(encodeURIComponent),
    );
    const call = fc.record({
      target: fc.oneof(
        fc.constant({ method: "POST", path: pathOf(ROUTES.deposits, { address }) }),
        fc.constant({ method: "POST", path: pathOf(ROUTES.keyClaims, { address }) }),
        fc.record({
          method: fc.constantFrom("GET", "PUT", "DELETE"),
          path: key.map((name) => `${pathOf(ROUTES.deposits, { address })}/${name}`),
        }),
      ),
      ttl: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom("0", "600", "604801") },
        { weight: 1, arbitrary: fc.string({ unit: "grapheme-ascii" }).map((value) => `x${value}`) },
      ),
      body: fc.oneof(
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3000 }) },
        { weight: 3, arbitrary: fc.constantFrom(2048, 4096, 65_537).map((size) => envelope(size)) },
      ),
    });
    const accepted = [0, new Set<string>()] as [number, Set<string>];
    await fc.assert(
      fc.asyncProperty(call, async ({ target, ttl, body }) => {
        const sent = { ...target, headers: { ttl }, body: new Uint8Array(body) };
        const answer = await fetchRelay(senderRequest(address, deliveryToken, sent));
        if (answer.status >= 400) {
          expect(answer.status, target.path).toBeLessThan(500);
          expect(answer.headers.get("content-type")).toBe("application/problem+json");
          return;
        }
        const { state } = (await answer.json()) as DepositAnswer;
        if (target.method !== "POST") accepted[1].add(target.path);
        else if (state === "held") accepted[0]++;
      }),
      { numRuns: 150, endOnFailure: true },
    );
    expect(await count()).toEqual([accepted[0], accepted[1].size]);
    expect(Math.min(accepted[0], accepted[1].size)).toBeGreaterThan(0);
  });
});
