/** A device as the relay meets it: a key, a nonce that grows, and signed requests; nothing of the SDK. */

import { env, exports } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { formatAddress } from "../../../src/protocol/address.ts";
import type { ConsentGrantedAnswer } from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { type ConsentStatement, encodeConsentStatement } from "../../../src/protocol/consent-statement.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { contentDigest, signRequest } from "../../../src/protocol/signed-request.ts";
import {
  encodeWithdrawalStatement,
  type WithdrawalStatement,
} from "../../../src/protocol/withdrawal-statement.ts";
import { currentNotice } from "../../../src/relay/consent/notice.ts";

export const ORIGIN = "https://relay.example";

export interface SignedCall {
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  /** Instead of `json`: the body's exact octets. */
  readonly body?: Uint8Array;
  /** null: none. Otherwise the next one unless given. */
  readonly nonce?: number | null;
  /** Seconds by which the device's clock is wrong. */
  readonly skew?: number;
}

export class SigningDevice {
  /** Where it reaches the relay. */
  readonly origin: string = ORIGIN;
  readonly secretKey = ed25519.utils.randomSecretKey();
  readonly address: string;
  /** Each device calls from a place of its own, so that rate limits do not couple tests. */
  readonly ip = `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join(".")}`;
  #nonce = Date.now();

  constructor(jurisdiction = "") {
    this.address = formatAddress(ed25519.getPublicKey(this.secretKey), jurisdiction);
  }

  sign(data: Uint8Array): Uint8Array {
    return ed25519.sign(data, this.secretKey);
  }

  nextNonce(): number {
    return ++this.#nonce;
  }

  request(call: SignedCall): Request {
    const { method, path } = call;
    const body =
      call.body ??
      (call.json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(call.json)));
    const digest = body && contentDigest(body);
    const nonce = call.nonce === null ? undefined : (call.nonce ?? this.nextNonce());
    const created = Math.floor(Date.now() / 1000) + (call.skew ?? 0);
    const target = { method, url: this.origin + path, contentDigest: digest };
    const fields = signRequest(target, this.address, (data) => this.sign(data), created, nonce);
    return new Request(target.url, {
      method,
      headers: {
        "cf-connecting-ip": this.ip,
        signature: fields.signature,
        "signature-input": fields.signatureInput,
        ...(digest && { "content-digest": digest, "content-type": "application/json" }),
      },
      ...(body && { body }),
    });
  }

  call(call: SignedCall): Promise<Response> {
    return fetchRelay(this.request(call));
  }

  read(path: string): Promise<Response> {
    return this.call({ method: "GET", path, nonce: null });
  }

  statement(changes: Partial<ConsentStatement> = {}): Uint8Array {
    return encodeConsentStatement({
      address: this.address,
      noticeHash: decodeBase64url(currentNotice(env).hash) ?? new Uint8Array(0),
      purposes: ["messaging"],
      jurisdiction: this.address.split(".")[1] ?? "",
      method: "test",
      created: Date.now(),
      salt: crypto.getRandomValues(new Uint8Array(16)),
      ...changes,
    });
  }

  grantBody(statement = this.statement()): { statement: string; signature: string } {
    return {
      statement: encodeBase64url(statement),
      signature: encodeBase64url(this.sign(statement)),
    };
  }

  grant(json: unknown = this.grantBody()): Promise<Response> {
    return this.call({ method: "POST", path: ROUTES.consents, json });
  }

  /** A withdrawal as it leaves one behind; `changes` to what it says, not to who signs. */
  leaveBehind(
    consentId: string,
    changes: Partial<WithdrawalStatement> = {},
  ): { statement: string; signature: string } {
    return this.grantBody(encodeWithdrawalStatement({ address: this.address, consentId, ...changes }));
  }

  withdraw(): Promise<Response> {
    return this.call({ method: "DELETE", path: ROUTES.currentConsent });
  }

  async optIn(): Promise<ConsentGrantedAnswer> {
    const answer = await this.grant();
    if (answer.status !== 201) throw new Error(`grant: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** Anyone hands in what a device left behind. */
export function handIn(json: unknown, type = "application/json"): Promise<Response> {
  return fetchRelay(
    new Request(ORIGIN + ROUTES.withdrawals, {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify(json),
    }),
  );
}

export function fetchRelay(request: Request): Promise<Response> {
  return exports.default.fetch(request);
}

/** What a sender sends; `token` null: none. */
export function senderRequest(
  to: string,
  token: string | null,
  change: { path?: string; method?: string; headers?: Record<string, string>; body?: BodyInit | null } = {},
): Request {
  const method = change.method ?? "POST";
  const body = change.body === undefined ? envelope() : change.body;
  return new Request(ORIGIN + (change.path ?? pathOf(ROUTES.deposits, { address: to })), {
    method,
    headers: {
      "cf-connecting-ip": `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join(".")}`,
      "content-type": "application/octet-stream",
      ttl: "60",
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...change.headers,
    },
    ...(method !== "GET" && body !== null && { body }),
  });
}

/** An envelope's version and smallest size, and random octets. */
export function envelope(size = 2048): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  // WebCrypto gives 64 KiB at a time.
  crypto.getRandomValues(bytes.subarray(0, 65_536));
  bytes[0] = 1;
  return bytes;
}

/** Status and code of an answer, for comparing. */
export async function refusal(answer: Response | Promise<Response>): Promise<[number, unknown]> {
  const response = await answer;
  const { code } = (await response.json()) as { code?: unknown };
  return [response.status, code];
}
