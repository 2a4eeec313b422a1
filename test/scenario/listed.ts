/** Devices that verify a number by the code they are sent, list themselves, and look others up: over HTTP alone. */
import type { DirectoryAnswer, EvaluationsAnswer, RouteAnswer } from "../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { entryIn } from "../../src/protocol/directory/bucket.ts";
import { type Entry, openEntry } from "../../src/protocol/directory/entry.ts";
import { tagInput } from "../../src/protocol/directory/number-tag.ts";
import { formatPrefix, prefixOf } from "../../src/protocol/directory/prefix.ts";
import { routeKeys } from "../../src/protocol/directory/route-keys.ts";
import { blind, finalize } from "../../src/protocol/voprf.ts";
import { NumberedDevice } from "./numbered.ts";
import { RawDevice } from "./raw-device.ts";
import { eventually, type ScenarioRelay } from "./relay.ts";

const CODE = /^One-time code for the number that ends in [0-9]{2}: ([0-9]{6})$/;
const octets = (text: string) => decodeBase64url(text) ?? new Uint8Array();

export class ListedDevice {
  readonly raw: RawDevice;
  readonly #numbered: NumberedDevice;
  readonly #relay: ScenarioRelay;

  private constructor(relay: ScenarioRelay, raw: RawDevice) {
    this.#relay = relay;
    this.raw = raw;
    this.#numbered = new NumberedDevice(raw);
  }

  static async agreeing(relay: ScenarioRelay): Promise<ListedDevice> {
    return new ListedDevice(relay, await RawDevice.consenting(relay.origin, "number", "discovery"));
  }

  /** Verified by the code that the relay printed, and listed. */
  static async under(relay: ScenarioRelay, number: string): Promise<ListedDevice> {
    const device = await ListedDevice.agreeing(relay);
    const route = await device.list(await device.verify(number));
    if (route.state !== "listed") throw new Error(route.state);
    return device;
  }

  get address(): string {
    return this.raw.address;
  }

  /** @returns the number proof */
  async verify(number: string): Promise<string> {
    const printed = () => this.#relay.lines.filter((line) => CODE.test(line));
    const before = printed().length;
    const { id } = await this.#numbered.started(number);
    await eventually(() => printed().length > before);
    const code = CODE.exec(printed().at(-1) ?? "")?.[1] ?? "";
    return (await this.#numbered.verified(id, number, code)).proof;
  }

  put(json: { proof: string } | { number: string }): Promise<Response> {
    return this.raw.signed("PUT", "/v1/directory/route", { json });
  }

  async list(proof: string): Promise<RouteAnswer> {
    return (await ok(await this.put({ proof }))).json();
  }

  async route(): Promise<RouteAnswer> {
    return (await ok(await this.raw.signed("GET", "/v1/directory/route"))).json();
  }

  /** As a client does, under the current key. */
  async find(number: string): Promise<Entry | undefined> {
    const { origin } = this.raw;
    const { keys } = (await (await fetch(`${origin}/v1/directory`)).json()) as DirectoryAnswer;
    const [current] = keys;
    if (current === undefined) throw new Error("no key");
    const batch = [blind(tagInput(number))];
    const json = { version: current.version, elements: batch.map(({ element }) => encodeBase64url(element)) };
    const response = await ok(await this.raw.signed("POST", "/v1/directory/evaluations", { json }));
    const { evaluations, proof }: EvaluationsAnswer = await response.json();
    const evaluated = { evaluations: evaluations.map(octets), proof: octets(proof) };
    const tag = finalize(batch, octets(current.publicKey), evaluated)?.[0];
    if (tag === undefined) throw new Error("the proof does not hold");
    const sought = routeKeys(tag);
    const prefix = formatPrefix(prefixOf(sought.routeId, current.width));
    // Nothing in this request names anybody.
    const bucket = await ok(await fetch(`${origin}/v1/directory/${current.version}/${prefix}`));
    const entry = entryIn(new Uint8Array(await bucket.arrayBuffer()), sought.routeId);
    if (entry === "malformed") throw new Error("no bucket");
    return entry && openEntry(entry, sought);
  }
}

async function ok(response: Response): Promise<Response> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}
