/** Stands where a relay would and gives the answers that a test wants, so that a command can meet each of them. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { DepositAnswer, HeldAnswer, NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import type { DataMapAnswer } from "../../src/protocol/data-map.ts";
import { SUBPROTOCOL } from "../../src/protocol/frames.ts";
import { noticeHash, noticeText } from "../../src/protocol/notice.ts";
import type { OneTimeKeyJson } from "../../src/protocol/one-time-key.ts";
import { PROBLEM_MEDIA_TYPE, type ProblemCode } from "../../src/protocol/problem-codes.ts";
import { problem } from "../../src/protocol/problems.ts";

const TEXT = "What you agree to.";
const ENGLISH = noticeText("en", TEXT);

const CONSENT_ID = "A".repeat(22);
const KEY = generateKeyPairSync("ed25519");
const part = (claims: object) => encodeBase64url(Buffer.from(JSON.stringify(claims)));
const signed = `${part({ alg: "EdDSA", typ: "restante-erasure+jwt", kid: "1-receipts" })}.${part({
  ...{ consentId: CONSENT_ID, erased: { messages: 0 }, ledger_head: "A".repeat(43) },
})}`;
const ERASURE_RECEIPT = `${signed}.${encodeBase64url(sign(null, Buffer.from(signed), KEY.privateKey))}`;

export class StandInRelay {
  /** What a deposit is answered with. */
  deposit: DepositAnswer | ProblemCode = { state: "delivered" };
  held: HeldAnswer = { mailbox: [], records: [] };
  dataMap: DataMapAnswer | ProblemCode = "not-found";
  readonly notice: NoticeAnswer = {
    version: 1,
    hash: encodeBase64url(noticeHash(1, "Test", [ENGLISH])),
    controller: "Test",
    ...{ material: true, language: "en", text: TEXT },
    languages: [{ language: "en", textHash: encodeBase64url(ENGLISH.hash) }],
    purposes: [{ purpose: "messaging", description: "to get messages", jurisdictions: [] }],
    retention: { maxTtlSeconds: 604_800, markGraceSeconds: 86_400 },
    jurisdictions: [],
    numberVendors: [],
  };
  readonly #pools = new Map<string, OneTimeKeyJson[]>();
  readonly #sockets = new Set<Duplex>();
  #server: Server | undefined;
  #port = 0;

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts, or starts again on the same port. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on("upgrade", (request, socket) => this.#upgrade(request, socket));
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const answer = this.#answer(request, Buffer.concat(chunks));
    const refused = typeof answer === "string" ? problem(answer) : undefined;
    response.statusCode = refused?.status ?? 200;
    response.setHeader("content-type", refused ? PROBLEM_MEDIA_TYPE : "application/json");
    response.end(JSON.stringify(refused ?? answer));
  }

  #answer(request: IncomingMessage, body: Buffer): object | ProblemCode {
    const { pathname } = new URL(request.url ?? "", this.origin);
    const call = `${request.method} ${pathname}`;
    const [, signer = ""] = /keyid="([^"]+)"/.exec(String(request.headers["signature-input"])) ?? [];
    const [, recipient = "", rest = ""] = /^\/v1\/mailboxes\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    if (rest.startsWith("messages")) return this.deposit;
    if (rest === "one-time-keys/claims") return this.#pools.get(recipient)?.shift() ?? "no-one-time-key";
    switch (call) {
      case "GET /v1/notice":
        return this.notice;
      case "GET /.well-known/jwks.json":
        return { keys: [{ ...KEY.publicKey.export({ format: "jwk" }), alg: "EdDSA", kid: "1-receipts" }] };
      case "POST /v1/consents":
        return {
          consentId: CONSENT_ID,
          receipt: "e30.e30.e30",
          deliveryToken: "A".repeat(66),
          limits: {},
        };
      case "DELETE /v1/consents/current":
        return { receipt: ERASURE_RECEIPT };
      case "POST /v1/mailbox/nonce":
        return {};
      case "PUT /v1/mailbox/one-time-keys":
        this.#pools.set(signer, JSON.parse(body.toString()).keys);
        return { unclaimed: [] };
      case "GET /v1/mailbox":
        return {
          messages: 0,
          bytes: 0,
          oldest: null,
          oneTimeKeys: 20,
          lastResortKey: true,
          notice: { agreed: 1, current: 1, suspended: false },
          claims: { today: 0, limit: 200, reachedAt: null },
          nonce: 0,
        };
      case "GET /v1/mailbox/messages":
        return { messages: [], more: false };
      case "GET /v1/mailbox/held":
        return this.held;
      case "GET /v1/data-map":
        return this.dataMap;
      default:
        return "not-found";
    }
  }

  /** A socket on which nothing comes (RFC 6455 §4.2.2) until a close frame is answered with one (§5.5.1). */
  #upgrade(request: IncomingMessage, socket: Duplex): void {
    this.#sockets.add(socket.on("close", () => this.#sockets.delete(socket)).on("error", () => undefined));
    socket.on("data", ([head]: Buffer) => {
      if (head === 0x88) socket.end(Buffer.from([0x88, 0]));
    });
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Accept: ${accept}`,
        `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
        "\r\n",
      ].join("\r\n"),
    );
  }
}
