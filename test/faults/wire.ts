/** The network between people and their relay: it keeps each envelope, and can hold some of them back. */
import type { Platform } from "../../src/client/transport.ts";
import type { MessagesAnswer } from "../../src/protocol/answers.ts";
import type { Seen } from "./thief.ts";
import { latin1 } from "./windows.ts";

type Fetch = Platform["fetch"];

export interface Station {
  /** Who sends from here. */
  readonly address: () => string;
  /** Each request, before it goes on. */
  readonly leaving?: () => Promise<void>;
  /** An acknowledgement of these envelopes, before it goes on. */
  readonly acknowledging?: (envelopes: readonly string[]) => Promise<void>;
}

export class Wire {
  readonly sent: Seen[] = [];
  /** While true, no acknowledgement arrives. */
  cut = false;
  /** Envelopes, in latin1, that no pull shows. */
  readonly withheld = new Set<string>();
  readonly #fetch: Fetch;
  readonly #now: () => number;
  readonly #held = new Map<string, string>();
  readonly #publicKeys = new Map<string, Uint8Array>();

  constructor(fetch: Fetch, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  get publicKeys(): Uint8Array[] {
    return [...this.#publicKeys.values()];
  }

  publish(publicKey: Uint8Array): void {
    this.#publicKeys.set(latin1(publicKey), publicKey);
  }

  platform(station: Station): Pick<Platform, "fetch" | "now"> {
    return { fetch: (input, init) => this.#exchange(station, String(input), init ?? {}), now: this.#now };
  }

  async #exchange(station: Station, url: string, init: RequestInit): Promise<Response> {
    const { pathname } = new URL(url);
    const call = `${init.method ?? "GET"} ${pathname}`;
    const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
    const [, to] = /^(?:POST|PUT) \/v1\/mailboxes\/([^/]+)\/messages/.exec(call) ?? [];
    if (to !== undefined) this.#keep({ octets: body, from: station.address(), to, at: this.#now() });
    if (call === "PUT /v1/mailbox/one-time-keys")
      for (const { publicKey } of json(body).keys) this.publish(octets(publicKey));
    await station.leaving?.();
    const owner = /keyid="([^"]+)"/.exec(new Headers(init.headers).get("signature-input") ?? "")?.[1] ?? "";
    if (call === "DELETE /v1/mailbox/messages") {
      const ids: number[] = json(body).ids;
      await station.acknowledging?.(ids.flatMap((id) => this.#held.get(`${owner} ${id}`) ?? []));
      if (this.cut) throw new TypeError("no network");
    }
    const response = await this.#fetch(url, init);
    return call === "GET /v1/mailbox/messages" && response.ok ? this.#pulled(owner, response) : response;
  }

  /** A retry is no other envelope. */
  #keep(seen: Seen): void {
    const known = this.sent.some(({ octets }) => latin1(octets) === latin1(seen.octets));
    if (!known) this.sent.push(seen);
  }

  async #pulled(owner: string, response: Response): Promise<Response> {
    const answer = (await response.json()) as MessagesAnswer;
    const messages = answer.messages.filter(({ id, body }) => {
      const envelope = latin1(octets(body));
      this.#held.set(`${owner} ${id}`, envelope);
      return !this.withheld.has(envelope);
    });
    return Response.json({ ...answer, messages });
  }
}

function json(body: Uint8Array) {
  return JSON.parse(new TextDecoder().decode(body));
}

function octets(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64url"));
}
