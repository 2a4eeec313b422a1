import { env } from "cloudflare:workers";
import { ristretto255 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import type { EvaluationsAnswer } from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { introductionInput } from "../../../src/protocol/introduction.ts";
import { MAX_INTRODUCTIONS_A_CALL } from "../../../src/protocol/limits.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { blind, finalize } from "../../../src/protocol/voprf.ts";
import { app } from "../../../src/relay/app.ts";
import {
  agreed,
  agreeTo,
  ask,
  element,
  key,
  minted,
  otherKey,
  random,
  today,
  two,
  verified,
} from "./introducing.ts";
import { fetchRelay, ORIGIN, refusal, SigningDevice, senderRequest } from "./signing-device.ts";

describe("asking for introductions", () => {
  it("gives as many as were asked for, under one proof", async () => {
    const { stranger, found } = await two();
    const batch = Array.from({ length: MAX_INTRODUCTIONS_A_CALL }, () =>
      blind(introductionInput(found.address, random(16), today())),
    );
    const answer = await ask(
      stranger,
      batch.map((one) => one.element),
    );
    expect(answer.status).toBe(200);
    const { evaluations, proof }: EvaluationsAnswer = await answer.json();
    const evaluated = {
      evaluations: evaluations.map((text) => decodeBase64url(text) ?? new Uint8Array(0)),
      proof: decodeBase64url(proof) ?? new Uint8Array(0),
    };
    const outputs = finalize(batch, key().publicKey, evaluated);
    expect(new Set(outputs?.map(encodeBase64url)).size).toBe(MAX_INTRODUCTIONS_A_CALL);
    const swapped = { ...evaluated, evaluations: evaluated.evaluations.toReversed() };
    expect(finalize(batch, key().publicKey, swapped)).toBeUndefined();
    expect(finalize(batch, otherKey().publicKey, evaluated)).toBeUndefined();
  });

  it("needs the purpose, a verified number, an open mailbox and a nonce, and says which is missing", async () => {
    const nobody = new SigningDevice();
    expect(await refusal(ask(nobody, [element()]))).toEqual([404, "no-consent"]);
    const device = await agreed("discovery");
    expect(await refusal(ask(device, [element()]))).toEqual([403, "purpose-not-granted"]);
    await agreeTo(device, "number");
    expect(await refusal(ask(device, [element()]))).toEqual([403, "number-not-verified"]);
    await verified(device);
    expect((await ask(device, [element()])).status).toBe(200);
    const json = { version: 1, elements: [encodeBase64url(element())] };
    const replayed = { method: "POST", path: ROUTES.introductions, json, nonce: 1 };
    expect(await refusal(device.call(replayed))).toEqual([409, "nonce-used"]);
    expect(await refusal(device.call({ ...replayed, nonce: null }))).toEqual([401, "signature-invalid"]);
    const unsigned = new Request(ORIGIN + ROUTES.introductions, { method: "POST", body: "{}" });
    expect(await refusal(fetchRelay(unsigned))).toEqual([401, "signature-missing"]);
  });

  const zero = encodeBase64url(ristretto255.Point.ZERO.toBytes());
  const bad: Record<
    string,
    [elements: (Uint8Array | string)[], version: unknown, status: number, code: string]
  > = {
    "no element": [[], 1, 400, "malformed-request"],
    "one too many": [
      Array.from({ length: MAX_INTRODUCTIONS_A_CALL + 1 }, element),
      1,
      400,
      "malformed-request",
    ],
    "the identity": [[element(), zero], 1, 400, "malformed-element"],
    "octets that are no element": [[new Uint8Array(32).fill(0xff)], 1, 400, "malformed-element"],
    "31 octets": [[element().slice(1)], 1, 400, "malformed-element"],
    "an unknown key": [[element()], 2, 404, "no-bucket"],
    "a version that is none": [[element()], "1", 400, "malformed-request"],
  };

  it.each(Object.entries(bad))(
    "for %s is refused and spends nothing",
    async (_, [elements, version, status, code]) => {
      const stranger = await agreed("number");
      const numberHash = crypto.randomUUID();
      await verified(stranger, numberHash);
      expect(await refusal(ask(stranger, elements, version))).toEqual([status, code]);
      const { n } = (await env.RECORDS.prepare("SELECT COUNT(*) AS n FROM budget").first<{
        n: number;
      }>()) ?? {
        n: -1,
      };
      expect((await ask(stranger, [element()])).status).toBe(200);
      const after = await env.RECORDS.prepare("SELECT COUNT(*) AS n FROM budget").first<{ n: number }>();
      expect(after?.n).toBe(n + 1);
    },
  );

  it("on a relay that has no keys for them says so", async () => {
    const { stranger, found } = await two();
    const without = { ...env, INTRODUCTION_KEYS: undefined };
    const request = stranger.request({
      method: "POST",
      path: ROUTES.introductions,
      json: { version: 1, elements: [encodeBase64url(element())] },
    });
    expect(await refusal(app.fetch(request, without))).toEqual([404, "no-directory"]);
    const sent = app.fetch(senderRequest(found.address, minted(found.address)), without);
    expect(await refusal(sent)).toEqual([401, "not-authorized"]);
  });
});
