/**
 * A relay in memory that knows numbers: verification, directory and introductions, by the project's own codecs and
 * the curve library's server side, over {@link LyingRelay}. What it should not do it can be made to do.
 */
import { randomBytes } from "node:crypto";
import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { Device } from "../../../src/client/device.ts";
import type { Platform } from "../../../src/client/transport.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import type { Vault } from "../../../src/client/vault/vault.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { compareRouteIds, MIN_ROWS, ROW_SIZE } from "../../../src/protocol/directory/bucket.ts";
import { sealEntry } from "../../../src/protocol/directory/entry.ts";
import { tagInput } from "../../../src/protocol/directory/number-tag.ts";
import { formatPrefix, prefixOf } from "../../../src/protocol/directory/prefix.ts";
import { routeKeys } from "../../../src/protocol/directory/route-keys.ts";
import { introductionInput, parseIntroduction } from "../../../src/protocol/introduction.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { PROBLEM_MEDIA_TYPE } from "../../../src/protocol/problem-codes.ts";
import { evaluateBatch, outputOf } from "../../../src/relay/voprf/evaluation.ts";
import { LyingRelay } from "../../lying/relay.ts";

const { voprf } = ristretto255_oprf;

export interface Key {
  readonly version: number;
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function newKey(version: number): Key {
  return { version, ...voprf.generateKeyPair() };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: string;
}

export class NumberRelay {
  readonly lying = new LyingRelay();
  /** Every request of every device. */
  readonly asked: Asked[] = [];
  keys: Key[] = [newKey(1)];
  introductionKey = newKey(1);
  width = 0;
  /** By number: the device that is listed. */
  readonly listed = new Map<string, string>();
  readonly verified = new Map<string, string>();
  /** Answers of its own instead of what it should say; undefined leaves it to that. */
  lie: (asked: Asked) => unknown = () => undefined;
  readonly #proofs = new Map<string, { number: string; address: string }>();

  get origin(): string {
    return this.lying.origin;
  }

  readonly platform: Pick<Platform, "fetch" | "now"> = {
    now: () => this.lying.now,
    fetch: async (input, init = {}) => {
      const path = String(input).slice(this.origin.length);
      const body = init.body === undefined ? "" : new TextDecoder("latin1").decode(init.body as Uint8Array);
      const headers = JSON.stringify([...new Headers(init.headers)]);
      const asked = { method: init.method ?? "GET", path, body, headers };
      this.asked.push(asked);
      const answer = this.lie(asked) ?? this.#answer(asked);
      if (answer === undefined) return this.lying.platform.fetch(input, this.#introduced(path, init));
      if (answer instanceof Uint8Array) return new Response(new Uint8Array(answer));
      if (typeof answer !== "string") return Response.json(answer);
      const status = answer === "budget-spent" ? 429 : 404;
      const headersOut = { "content-type": PROBLEM_MEDIA_TYPE };
      return new Response(JSON.stringify({ code: answer, status, detail: answer, title: answer }), {
        status,
        headers: headersOut,
      });
    },
  };

  #answer({ method, path, headers, body }: Asked): unknown {
    const address = /keyid=\\"([^"\\]+)\\"/.exec(headers)?.[1] ?? "";
    const json = () => JSON.parse(body);
    const [, version, prefix] = /^\/v1\/directory\/(\d+)\/([01]+|all)$/.exec(path) ?? [];
    if (prefix !== undefined) return this.#bucket(Number(version), prefix);
    switch (`${method} ${path}`) {
      case "GET /v1/directory": {
        const shown = ({ version, publicKey }: Key) => ({ version, publicKey: encodeBase64url(publicKey) });
        return {
          keys: this.keys.map((key) => ({ ...shown(key), width: this.width })),
          introductionKeys: [shown(this.introductionKey)],
        };
      }
      case "POST /v1/verifications":
        return {
          id: encodeBase64url(randomBytes(16)),
          resendAt: this.lying.now + 60_000,
          expires: this.lying.now + 600_000,
        };
      case "POST /v1/directory/evaluations": {
        const key = this.keys.find(({ version }) => version === json().version);
        return key === undefined ? "malformed-request" : evaluated(key, json().elements);
      }
      case "POST /v1/introductions":
        return evaluated(this.introductionKey, json().elements);
      case "PUT /v1/directory/route": {
        const proof = this.#proofs.get(json().proof);
        if (proof?.address !== address) return "proof-invalid";
        this.listed.set(proof.number, address);
        return { state: "listed", since: this.lying.now, versions: [this.keys[0]?.version] };
      }
      case "GET /v1/directory/route":
        return [...this.listed.values()].includes(address)
          ? { state: "listed", since: this.lying.now, versions: this.keys.map(({ version }) => version) }
          : { state: "unlisted", versions: [] };
      case "DELETE /v1/directory/route":
        for (const [number, listed] of this.listed) if (listed === address) this.listed.delete(number);
        return { state: "unlisted" };
    }
    if (method === "POST" && path.startsWith("/v1/verifications/")) {
      if (json().code !== "123456") return "no-verification";
      this.verified.set(address, json().number);
      const proof = encodeBase64url(randomBytes(90));
      this.#proofs.set(proof, { number: json().number, address });
      return { proof, expires: this.lying.now + 600_000 };
    }
    return undefined;
  }

  #bucket(version: number, prefix: string): Uint8Array | string {
    if (prefix.length !== this.width && !(this.width === 0 && prefix === "all")) return "no-bucket";
    const key = this.keys.find((known) => known.version === version);
    if (key === undefined) return "no-bucket";
    const rows = [...this.listed].flatMap(([number, address]) => {
      const keys = routeKeys(outputOf(key, tagInput(number)));
      if (formatPrefix(prefixOf(keys.routeId, this.width)) !== prefix) return [];
      const entry = { address, verifiedDay: Math.floor(this.lying.now / DAY) };
      return [concatBytes(keys.routeId, sealEntry(entry, keys, randomBytes(24)))];
    });
    while (rows.length < MIN_ROWS || rows.length % 32 !== 0) rows.push(new Uint8Array(randomBytes(ROW_SIZE)));
    return concatBytes(...rows.sort(compareRouteIds));
  }

  /** An introduction that holds is as good as the delivery token. */
  #introduced(path: string, init: RequestInit): RequestInit {
    const headers = new Headers(init.headers);
    const address = /^\/v1\/mailboxes\/([^/]+)\//.exec(path)?.[1];
    const given = parseIntroduction(headers.get("authorization")?.replace("Bearer ", "") ?? "");
    if (address === undefined || given === undefined || !this.lying.mailboxes.has(address)) return init;
    const input = introductionInput(address, given.nonce, given.day);
    const holds = encodeBase64url(outputOf(this.introductionKey, input)) === encodeBase64url(given.output);
    const isToday = Math.floor(this.lying.now / DAY) - given.day <= 1;
    if (holds && isToday) headers.set("authorization", `Bearer ${this.lying.mailboxes.open(address)}`);
    return { ...init, headers };
  }

  async join(
    purposes: readonly Purpose[] = ["messaging", "number", "discovery"],
    vault: Vault = new MemoryVault(),
  ): Promise<Device> {
    const device = await Device.create({ relay: this.origin, vault, platform: this.platform });
    await device.consent({ notice: await device.notice(), purposes, method: "test" });
    return device;
  }

  /** Somebody whose number is verified and, unless not wanted, listed. */
  async joinAs(number: string, vault?: Vault): Promise<Device> {
    const device = await this.join(undefined, vault);
    await device.numbers.requestCode(number);
    await device.numbers.submitCode("123 456");
    await device.numbers.list();
    return device;
  }

  askedFor(start: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}`.startsWith(start));
  }
}

export function evaluated(key: Key, texts: readonly string[]) {
  const elements = texts.map((text) => decodeBase64url(text) ?? new Uint8Array());
  const { evaluations, proof } = evaluateBatch(key, elements);
  return { evaluations: evaluations.map((each) => encodeBase64url(each)), proof: encodeBase64url(proof) };
}
