/** Somebody whose number is verified and who makes introductions, as a client would: blinded, the proof checked. */
import { env } from "cloudflare:workers";
import type { EvaluationsAnswer } from "../../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import {
  formatIntroduction,
  introductionDay,
  introductionInput,
} from "../../../src/protocol/introduction.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { blind, finalize } from "../../../src/protocol/voprf.ts";
import { recordVerifiedNumber } from "../../../src/relay/numbers/verified-number.ts";
import { introductionKeys } from "../../../src/relay/secrets/introduction-keys.ts";
import { outputOf } from "../../../src/relay/voprf/evaluation.ts";
import { type VoprfKey, voprfKeys } from "../../../src/relay/voprf/keys.ts";
import { SigningDevice } from "./signing-device.ts";

export const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
export const today = () => introductionDay(Date.now());

/** A device that agreed to these purposes besides messaging. */
export async function agreed(...purposes: Purpose[]): Promise<SigningDevice & { deliveryToken: string }> {
  const device = new SigningDevice();
  const answer = await agreeTo(device, ...purposes);
  const { deliveryToken } = await answer.json<{ deliveryToken: string }>();
  return Object.assign(device, { deliveryToken });
}

export async function agreeTo(device: SigningDevice, ...purposes: Purpose[]): Promise<Response> {
  const answer = await device.grant(
    device.grantBody(device.statement({ purposes: ["messaging", ...purposes] })),
  );
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

/** Records a number as the device's own. */
export async function verified(device: SigningDevice, numberHash: string = crypto.randomUUID()) {
  const current = await device.read(ROUTES.currentConsent);
  const { consentId } = await current.json<{ consentId: string }>();
  await recordVerifiedNumber(env.RECORDS, { consentId, numberHash, verifiedAt: Date.now() });
}

export function ask(device: SigningDevice, elements: readonly (Uint8Array | string)[], version: unknown = 1) {
  const list = elements.map((one) => (typeof one === "string" ? one : encodeBase64url(one)));
  return device.call({ method: "POST", path: ROUTES.introductions, json: { version, elements: list } });
}

/** An introduction to `address`, made through the relay. */
export async function introduce(
  device: SigningDevice,
  address: string,
  { day = today(), nonce = random(16) } = {},
): Promise<string> {
  const blinded = blind(introductionInput(address, nonce, day));
  const answer = await ask(device, [blinded.element]);
  if (answer.status !== 200) throw new Error(await answer.text());
  const { evaluations, proof }: EvaluationsAnswer = await answer.json();
  const outputs = finalize([blinded], key().publicKey, {
    evaluations: evaluations.map(octets),
    proof: octets(proof),
  });
  const output = outputs?.[0];
  if (output === undefined) throw new Error("the proof does not hold");
  return formatIntroduction({ keyVersion: 1, nonce, day, output });
}

/** The same without asking: for those of other days, and of other keys. */
export function minted(
  address: string,
  change: { day?: number; nonce?: Uint8Array; version?: number; under?: VoprfKey } = {},
): string {
  const { day = today(), nonce = random(16), version = 1, under = key() } = change;
  const output = outputOf(under, introductionInput(address, nonce, day));
  return formatIntroduction({ keyVersion: version, nonce, day, output });
}

export function key(): VoprfKey {
  const [newest] = introductionKeys(env);
  if (newest === undefined) throw new Error("no key for introductions");
  return newest;
}

function octets(text: string): Uint8Array {
  return decodeBase64url(text) ?? new Uint8Array(0);
}

/** The key of another relay. */
export const otherKey = () => voprfKeys("OTHER", `1:CQ${"A".repeat(41)}`)[0] ?? key();

export const element = () => blind(random(8)).element;

/** Somebody who may introduce themselves, and somebody who can be found. */
export async function two() {
  const stranger = await agreed("number");
  await verified(stranger);
  const found = await agreed("discovery");
  return { stranger, found };
}
