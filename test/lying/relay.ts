/**
 * A relay in the test's hands. Left alone it does what docs/protocol.md says, as far as the SDK needs it over HTTP;
 * each call can be made to lie. It keeps all that it was ever shown.
 *
 *     relay.lies.claim = (call, honest) => …    // an answer as JSON, or the code of a problem
 */

import { randomBytes } from "node:crypto";
import type { Platform } from "../../src/client/transport.ts";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import { noticeHash, noticeText } from "../../src/protocol/notice.ts";
import { isProblemCode, PROBLEM_MEDIA_TYPE } from "../../src/protocol/problem-codes.ts";
import { problem } from "../../src/protocol/problems.ts";
import { Mailboxes } from "./mailboxes.ts";
import { type Exchange, Traffic } from "./traffic.ts";

const TEXT = "What you agree to.";
const ENGLISH = noticeText("en", TEXT);
const NOTICE: NoticeAnswer = {
  version: 1,
  hash: encodeBase64url(noticeHash(1, "Test", [ENGLISH])),
  controller: "Test",
  ...{ material: true, language: "en", text: TEXT },
  languages: [{ language: "en", textHash: encodeBase64url(ENGLISH.hash) }],
  purposes: (["messaging", "number", "discovery"] as const).map((purpose) => ({
    ...{ purpose, description: `to have ${purpose}`, jurisdictions: [] },
  })),
  retention: { maxTtlSeconds: MAX_TTL_SECONDS, markGraceSeconds: 86_400 },
  jurisdictions: [],
  numberVendors: [],
};

interface Call {
  /** Whose mailbox it is about. */
  readonly address: string;
  /** Of a revocable deposit. */
  readonly key: string | undefined;
  readonly octets: Uint8Array;
  readonly ttlSeconds: number;
  readonly nonce: number;
}

/** What a call is answered with: `honest` does what a true relay would, with this call or a changed one. */
export type Lie = (call: Call, honest: (changed?: Partial<Call>) => unknown) => unknown;

/** Does what it should, and says something else. */
export function saying(answer: unknown): Lie {
  return (_, honest) => {
    honest();
    return answer;
  };
}

type Name = keyof typeof HONEST;

export class LyingRelay {
  readonly origin: string;
  readonly mailboxes = new Mailboxes();
  readonly traffic = new Traffic();
  lies: Partial<Record<Name, Lie>> = {};
  /** Everybody's clock. */
  now = Date.UTC(2026, 0, 5, 12);

  constructor(origin = "https://relay.test") {
    this.origin = origin;
  }

  readonly platform: { fetch: Platform["fetch"]; now: Platform["now"] } = {
    fetch: async (input, init = {}) => {
      const exchange = {
        at: this.now,
        method: init.method ?? "GET",
        path: String(input).slice(this.origin.length),
        headers: Object.fromEntries(new Headers(init.headers)),
        body: new Uint8Array(await new Response(init.body ?? null).arrayBuffer()),
      };
      const answer = await this.#answer(exchange);
      const refused = isProblemCode(answer) ? problem(answer) : undefined;
      const text = JSON.stringify(refused ?? answer ?? null);
      this.traffic.exchanges.push({ ...exchange, answer: text });
      const type = refused ? PROBLEM_MEDIA_TYPE : "application/json";
      return new Response(text, { status: refused?.status ?? 200, headers: { "content-type": type } });
    },
    now: () => this.now,
  };

  #answer({ method, path, headers, body }: Omit<Exchange, "answer">): unknown {
    const input = headers["signature-input"] ?? "";
    const [, recipient, rest = "", key] =
      /^\/v1\/mailboxes\/([^/]+)\/([a-z/-]+[a-z])(?:\/([^/]+))?$/.exec(path) ?? [];
    const address = recipient ?? /keyid="([^"]+)"/.exec(input)?.[1] ?? "";
    const call: Call = {
      address,
      key,
      octets: body,
      ttlSeconds: Number(headers.ttl ?? 0),
      nonce: Number(/nonce="([0-9]+)"/.exec(input)?.[1] ?? 0),
    };
    const name =
      CALLS[`${method} ${recipient === undefined ? path : key === undefined ? `…/${rest}` : `…/${rest}/…`}`];
    if (name === undefined) return "not-found";
    if (name !== "notice" && name !== "consent") {
      const token = headers.authorization?.replace("Bearer ", "");
      if (recipient !== undefined && !this.mailboxes.opens(address, token ?? "")) return "not-authorized";
      if (!this.mailboxes.has(address)) return "no-consent";
    }
    const honest = (changed: Partial<Call> = {}) => HONEST[name](this, { ...call, ...changed });
    const lie = this.lies[name];
    return lie === undefined ? honest() : lie(call, honest);
  }
}

const CALLS: Record<string, Name> = {
  "GET /v1/notice": "notice",
  "POST /v1/consents": "consent",
  "GET /v1/mailbox": "status",
  "POST /v1/mailbox/nonce": "nonce",
  "POST /v1/mailbox/delivery-token": "rotate",
  "PUT /v1/mailbox/one-time-keys": "pool",
  "GET /v1/mailbox/messages": "pull",
  "DELETE /v1/mailbox/messages": "erase",
  "POST …/one-time-keys/claims": "claim",
  "POST …/messages": "deposit",
  "PUT …/messages/…": "deposit",
  "GET …/messages/…": "state",
  "DELETE …/messages/…": "revoke",
};

const HONEST = {
  notice: () => NOTICE,
  consent: ({ mailboxes }: LyingRelay, { address, nonce }: Call) => {
    const deliveryToken = mailboxes.open(address);
    if (!mailboxes.useNonce(address, nonce)) return "nonce-used";
    return { consentId: encodeBase64url(randomBytes(16)), receipt: "e30.e30.e30", deliveryToken, limits: {} };
  },
  status: ({ mailboxes }: LyingRelay, { address }: Call) => mailboxes.status(address),
  nonce: ({ mailboxes }: LyingRelay, { address, nonce }: Call) =>
    mailboxes.useNonce(address, nonce) ? { nonce } : "nonce-used",
  rotate: ({ mailboxes }: LyingRelay, { address, nonce }: Call) =>
    mailboxes.useNonce(address, nonce) ? { deliveryToken: mailboxes.rotate(address) } : "nonce-used",
  pool: ({ mailboxes }: LyingRelay, { address, nonce, octets }: Call) => {
    if (!mailboxes.useNonce(address, nonce)) return "nonce-used";
    return { unclaimed: mailboxes.replaceKeys(address, json(octets).keys) };
  },
  pull: ({ mailboxes, now }: LyingRelay, { address }: Call) => mailboxes.pull(address, now),
  erase: ({ mailboxes }: LyingRelay, { address, octets }: Call) => mailboxes.erase(address, json(octets).ids),
  claim: ({ mailboxes }: LyingRelay, { address }: Call) => mailboxes.claim(address),
  deposit: ({ mailboxes, now }: LyingRelay, { address, octets, ttlSeconds, key }: Call) =>
    mailboxes.deposit(address, { envelope: octets, ttlSeconds, key }, now),
  state: ({ mailboxes }: LyingRelay, { address, key = "" }: Call) => mailboxes.state(address, key),
  revoke: ({ mailboxes }: LyingRelay, { address, key = "" }: Call) => {
    const state = mailboxes.revoke(address, key);
    return state === "revoked" ? { state, proof: "e30.e30.e30" } : state;
  },
};

function json(octets: Uint8Array) {
  return JSON.parse(new TextDecoder().decode(octets));
}
