/** Devices that list themselves and look others up, through the whole Worker; its directory keys may be changed. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { hexToBytes } from "@noble/hashes/utils.js";
import type { DirectoryAnswer, EvaluationsAnswer, RouteAnswer } from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { entryIn } from "../../../src/protocol/directory/bucket.ts";
import { type Entry, openEntry } from "../../../src/protocol/directory/entry.ts";
import { tagInput } from "../../../src/protocol/directory/number-tag.ts";
import { formatPrefix, prefixOf } from "../../../src/protocol/directory/prefix.ts";
import { routeKeys } from "../../../src/protocol/directory/route-keys.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { blind, finalize } from "../../../src/protocol/voprf.ts";
import { app } from "../../../src/relay/app.ts";
import { numberHash } from "../../../src/relay/numbers/hash.ts";
import { parseNumber } from "../../../src/relay/numbers/number.ts";
import { sealNumberProof } from "../../../src/relay/numbers/proof.ts";
import { recordVerifiedNumber } from "../../../src/relay/numbers/verified-number.ts";
import { ORIGIN, type SignedCall, type SigningDevice } from "../edge/signing-device.ts";
import { NumberDevice } from "../verification/number-device.ts";

const ALL: Purpose[] = ["messaging", "number", "discovery"];

/** Valid German mobile numbers, each another. */
export function anyNumber(): string {
  return `+49151${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}`;
}

export function parsed(text: string) {
  const number = parseNumber(text);
  if (number === undefined) throw new Error(`${text} is no number`);
  return number;
}

/** A relay with other secrets than the tests' own. */
export function relayWith(change: Partial<Env> = {}) {
  const changed = { ...env, ...change } as Env;
  return (request: Request) => app.fetch(request, changed, createExecutionContext());
}
const usual = relayWith();

export class Listed {
  readonly device: SigningDevice = new NumberDevice();
  consentId = "";

  static async agreeing(purposes: Purpose[] = ALL): Promise<Listed> {
    const listed = new Listed();
    await listed.agree(purposes);
    return listed;
  }

  /** Agreed, verified and listed. */
  static async under(number: string, verifiedAt = Date.now()): Promise<Listed> {
    const listed = await Listed.agreeing();
    const answer = await listed.put(number, { verifiedAt });
    if (answer.status !== 200) throw new Error(await answer.text());
    return listed;
  }

  get address(): string {
    return this.device.address;
  }

  async agree(purposes: Purpose[]): Promise<void> {
    const answer = await this.device.grant(this.device.grantBody(this.device.statement({ purposes })));
    if (!answer.ok) throw new Error(await answer.text());
    this.consentId = (await answer.json<{ consentId: string }>()).consentId;
  }

  call(call: SignedCall, relay = usual): Promise<Response> | Response {
    return relay(this.device.request(call));
  }

  async verify(number: string): Promise<void> {
    const hash = await numberHash(env, parsed(number));
    const { consentId } = this;
    await recordVerifiedNumber(env.RECORDS, { consentId, numberHash: hash, verifiedAt: Date.now() });
  }

  proof(number: string, verifiedAt = Date.now()): string {
    return sealNumberProof(env, this.address, { number: parsed(number), verifiedAt });
  }

  async put(number: string, { verifiedAt = Date.now(), relay = usual } = {}): Promise<Response> {
    return this.call(
      { method: "PUT", path: ROUTES.route, json: { proof: this.proof(number, verifiedAt) } },
      relay,
    );
  }

  async moveUp(number: string, relay = usual): Promise<Response> {
    return this.call({ method: "PUT", path: ROUTES.route, json: { number } }, relay);
  }

  async route(relay = usual): Promise<RouteAnswer> {
    const answer = await this.call({ method: "GET", path: ROUTES.route, nonce: null }, relay);
    if (answer.status !== 200) throw new Error(await answer.text());
    return answer.json();
  }

  async unlist(): Promise<Response> {
    return this.call({ method: "DELETE", path: ROUTES.route });
  }

  async evaluate(elements: readonly (Uint8Array | string)[], version: unknown = 1, relay = usual) {
    const list = elements.map((one) => (typeof one === "string" ? one : encodeBase64url(one)));
    const json = { version, elements: list };
    return this.call({ method: "POST", path: ROUTES.evaluations, json }, relay);
  }

  /** Looks a number up as a client does, under the key of `version`. */
  async find(number: string, { version = 1, relay = usual } = {}): Promise<Entry | undefined> {
    const key = (await parameters(relay)).keys.find((one) => one.version === version);
    if (key === undefined) throw new Error("no such key");
    const blinded = [blind(tagInput(number))];
    const answer = await this.evaluate([blinded[0]?.element ?? ""], version, relay);
    if (answer.status !== 200) throw new Error(await answer.text());
    const { evaluations, proof }: EvaluationsAnswer = await answer.json();
    const outputs = finalize(blinded, octets(key.publicKey), {
      evaluations: evaluations.map(octets),
      proof: octets(proof),
    });
    const keys = routeKeys(outputs?.[0] ?? new Uint8Array());
    const prefix = formatPrefix(prefixOf(keys.routeId, key.width));
    const entry = entryIn(await bucket(prefix, { version, relay }), keys.routeId);
    if (entry === "malformed") throw new Error("no bucket");
    return entry && openEntry(entry, keys);
  }
}

/** Somebody whose number is verified and who looks up. */
export async function seeker(number = anyNumber()): Promise<Listed> {
  const listed = await Listed.agreeing(["messaging", "number"]);
  await listed.verify(number);
  return listed;
}

export async function parameters(relay = usual): Promise<DirectoryAnswer> {
  return (await get(ROUTES.directory, relay)).json();
}

export async function bucket(prefix: string, { version = 1, relay = usual } = {}): Promise<Uint8Array> {
  const answer = await get(pathOf(ROUTES.directoryBucket, { version: String(version), prefix }), relay);
  if (answer.status !== 200) throw new Error(await answer.text());
  return new Uint8Array(await answer.arrayBuffer());
}

export function get(path: string, relay = usual): Promise<Response> | Response {
  return relay(new Request(ORIGIN + path));
}

export function octets(text: string): Uint8Array {
  return decodeBase64url(text) ?? new Uint8Array();
}

/** RFC 9497, appendix A.1.3: another key, as a second version. */
const OTHER = encodeBase64url(hexToBytes("145c79c108538421ac164ecbe131942136d5570b16d8bf41a24d4337da981e07"));
export const ROTATED = { DIRECTORY_KEYS: `2:${OTHER},${env.DIRECTORY_KEYS}` };
export const RETIRED = { DIRECTORY_KEYS: `2:${OTHER}` };
export const NO_DIRECTORY = { DIRECTORY_KEYS: "" };

/** What D1 holds of a number's routes. */
export async function rows(table: "route" | "route_claim" | "directory_size") {
  const { results } = await env.RECORDS.prepare(`SELECT * FROM ${table}`).all<Record<string, unknown>>();
  return results;
}
