/** Numbers and their devices, as the scenarios of verification have them. */
import { randomInt } from "node:crypto";
import type { NumberProofAnswer, VerificationAnswer } from "../../src/protocol/answers.ts";
import { RawDevice, type SignedOptions } from "./raw-device.ts";

/** Numbers of ten countries, in the form that real ones have. */
export const TEN_COUNTRIES: Readonly<Record<string, string>> = {
  Germany: "+4915112345678",
  "the United Kingdom": "+447400123456",
  "the United States": "+12015550123",
  France: "+33612345678",
  Italy: "+393123456789",
  Japan: "+819012345678",
  India: "+919987654321",
  Brazil: "+5511961234567",
  Nigeria: "+2348021234567",
  Kenya: "+254712123456",
};

/** A German mobile number that no other test has. */
export function freshNumber(): string {
  return `+491511${String(randomInt(10_000_000)).padStart(7, "0")}`;
}

/** A device that may verify numbers, and calls from a network of its own. */
export class NumberedDevice {
  readonly raw: RawDevice;
  readonly headers: Record<string, string>;

  constructor(raw: RawDevice, network = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`) {
    this.raw = raw;
    this.headers = { "cf-connecting-ip": network };
  }

  static async agreeing(origin: string, network?: string): Promise<NumberedDevice> {
    return new NumberedDevice(await RawDevice.consenting(origin, "number"), network);
  }

  start(number: string, options: SignedOptions = {}): Promise<Response> {
    return this.#post("/v1/verifications", { json: { number }, ...options });
  }

  answer(id: string, number: string, code: string, options: SignedOptions = {}): Promise<Response> {
    return this.#post(`/v1/verifications/${id}`, { json: { number, code }, ...options });
  }

  async started(number: string): Promise<VerificationAnswer> {
    return expected(201, await this.start(number)) as Promise<VerificationAnswer>;
  }

  async verified(id: string, number: string, code: string): Promise<NumberProofAnswer> {
    return expected(200, await this.answer(id, number, code)) as Promise<NumberProofAnswer>;
  }

  #post(path: string, options: SignedOptions): Promise<Response> {
    return this.raw.signed("POST", path, { headers: this.headers, ...options });
  }
}

async function expected(status: number, response: Response): Promise<unknown> {
  if (response.status !== status) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

/** Status and code of a refusal. */
export async function refusal(answer: Response | Promise<Response>): Promise<[number, unknown]> {
  const response = await answer;
  return [response.status, ((await response.json()) as { code?: unknown }).code];
}

/** Another code than the one that was sent. */
export function otherThan(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, "0");
}
