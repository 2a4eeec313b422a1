/**
 * A device made of protocol pieces only, without the SDK: it can do what a well-behaved client never would.
 */
import { randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { formatAddress } from "../../src/protocol/address.ts";
import type { ConsentGrantedAnswer, NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { encodeConsentStatement, type Purpose } from "../../src/protocol/consent-statement.ts";
import { hashOfNotice } from "../../src/protocol/notice.ts";
import { type OneTimeKey, oneTimeKeyStatement } from "../../src/protocol/one-time-key.ts";
import { contentDigest, signRequest } from "../../src/protocol/signed-request.ts";
import { encodeTicket, formatTicketProtocol } from "../../src/protocol/ticket.ts";

export interface SignedOptions {
  json?: unknown;
  body?: string;
  contentType?: string;
  /** false: none. */
  nonce?: number | false;
  created?: number;
  headers?: Record<string, string>;
  /** What the signature says, when that is not what is sent. */
  signedAs?: { method?: string; url?: string; body?: string; address?: string; secretKey?: Uint8Array };
}

export class RawDevice {
  readonly origin: string;
  readonly secretKey = ed25519.keygen().secretKey;
  readonly address: string;
  deliveryToken = "";
  consentId = "";
  #nonce = Date.now();

  constructor(origin: string, jurisdiction = "") {
    this.origin = origin;
    this.address = formatAddress(ed25519.getPublicKey(this.secretKey), jurisdiction);
  }

  static async consenting(origin: string, ...purposes: Purpose[]): Promise<RawDevice> {
    const device = new RawDevice(origin);
    await device.consent("messaging", ...purposes);
    return device;
  }

  async consent(...purposes: Purpose[]): Promise<void> {
    const { statement, signature } = await this.statement({ purposes });
    const response = await this.signed("POST", "/v1/consents", { json: { statement, signature } });
    if (response.status !== 201) throw new Error(`consent: ${response.status} ${await response.text()}`);
    const answer = (await response.json()) as ConsentGrantedAnswer;
    this.deliveryToken = answer.deliveryToken;
    this.consentId = answer.consentId;
  }

  nextNonce(): number {
    this.#nonce = Math.max(this.#nonce + 1, Date.now());
    return this.#nonce;
  }

  sign(data: Uint8Array): Uint8Array {
    return ed25519.sign(data, this.secretKey);
  }

  async statement(change: { purposes?: Purpose[]; created?: number; noticeHash?: Uint8Array } = {}) {
    const statement = encodeConsentStatement({
      address: this.address,
      noticeHash: change.noticeHash ?? (await currentNoticeHash(this.origin)),
      purposes: change.purposes ?? ["messaging"],
      jurisdiction: this.address.split(".")[1] ?? "",
      method: "test",
      created: change.created ?? Date.now(),
      salt: randomBytes(16),
    });
    return { statement: encodeBase64url(statement), signature: encodeBase64url(this.sign(statement)) };
  }

  /** A signed request; every fault a test wants is an option. */
  signed(method: string, path: string, options: SignedOptions = {}): Promise<Response> {
    const { signedAs = {} } = options;
    const body = options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
    const signedBody = signedAs.body ?? body;
    const digest = signedBody === undefined ? undefined : contentDigest(new TextEncoder().encode(signedBody));
    const stateful = method !== "GET" && path !== "/v1/mailbox/messages";
    const nonce = options.nonce ?? (stateful ? this.nextNonce() : undefined);
    const secretKey = signedAs.secretKey ?? this.secretKey;
    const fields = signRequest(
      { method: signedAs.method ?? method, url: signedAs.url ?? this.origin + path, contentDigest: digest },
      signedAs.address ?? this.address,
      (data) => ed25519.sign(data, secretKey),
      options.created ?? Math.floor(Date.now() / 1000),
      nonce === false ? undefined : nonce,
    );
    return fetch(this.origin + path, {
      method,
      headers: {
        signature: fields.signature,
        "signature-input": fields.signatureInput,
        ...(digest === undefined ? {} : { "content-digest": digest }),
        ...(body === undefined ? {} : { "content-type": options.contentType ?? "application/json" }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  ticket(change: { origin?: string; created?: number; nonce?: number; secretKey?: Uint8Array } = {}): string {
    const statement = encodeTicket({
      address: this.address,
      origin: change.origin ?? this.origin,
      created: change.created ?? Date.now(),
      nonce: change.nonce ?? this.nextNonce(),
    });
    return formatTicketProtocol(statement, ed25519.sign(statement, change.secretKey ?? this.secretKey));
  }

  /** An open mailbox socket that keeps what it hears. */
  async connect(ticket = this.ticket()): Promise<RawSocket> {
    const socket = new WebSocket(`${this.origin.replace("http", "ws")}/v1/mailbox/socket`, [
      "restante.v1",
      ticket,
    ]);
    const raw = new RawSocket(socket);
    await raw.opened;
    return raw;
  }

  /** A key that has the right form and signature; nobody has its private half. */
  oneTimeKey(lastResort = false): OneTimeKey {
    const key = { publicKey: randomBytes(1216), lastResort, expires: Date.now() + 86_400_000 };
    return { ...key, signature: this.sign(oneTimeKeyStatement(this.address, key)) };
  }
}

export class RawSocket {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #heard: Uint8Array[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    this.opened = new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("The socket was refused.")));
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.addEventListener("message", ({ data }) => {
      this.#heard.push(data instanceof ArrayBuffer ? new Uint8Array(data) : new TextEncoder().encode(data));
      this.#wake();
    });
  }

  send(bytes: Uint8Array): void {
    this.socket.send(new Uint8Array(bytes));
  }

  /** The next frame, in order of arrival. */
  async next(): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#heard.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.socket.close();
  }
}

/** A sender that knows nothing but a delivery token. */
export function deposit(
  to: { origin: string; address: string; deliveryToken: string },
  envelope: Uint8Array,
  change: {
    ttl?: string | undefined;
    token?: string;
    contentType?: string;
    method?: string;
    key?: string;
  } = {},
): Promise<Response> {
  const ttl = "ttl" in change ? change.ttl : "3600";
  const key = change.key === undefined ? "" : `/${change.key}`;
  return fetch(`${to.origin}/v1/mailboxes/${to.address}/messages${key}`, {
    method: change.method ?? (key === "" ? "POST" : "PUT"),
    headers: {
      authorization: `Bearer ${change.token ?? to.deliveryToken}`,
      "content-type": change.contentType ?? "application/octet-stream",
      ...(ttl === undefined ? {} : { ttl }),
    },
    body: new Uint8Array(envelope),
  });
}

/** Bytes with an envelope's version and size, random otherwise: all that a relay can check. */
export function anyEnvelope(size = 2048): Uint8Array {
  const bytes = new Uint8Array(randomBytes(size));
  bytes[0] = 0x01;
  return bytes;
}

/** The hash of the notice that the relay shows now. Each question counts for the caller's rate limit. */
export async function currentNoticeHash(origin: string): Promise<Uint8Array> {
  const notice = (await (await fetch(`${origin}/v1/notice`)).json()) as NoticeAnswer;
  return hashOfNotice(notice) ?? new Uint8Array();
}
