/** A device that verifies numbers, and the terminal in which the codes of the `console` sender appear. */
import { vi } from "vitest";
import type { NumberProofAnswer, VerificationAnswer } from "../../../src/protocol/answers.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { parseNumber, type TelephoneNumber } from "../../../src/relay/numbers/number.ts";
import { type SignedCall, SigningDevice } from "../edge/signing-device.ts";

export class NumberDevice extends SigningDevice {
  /** The `console` sender sends nothing elsewhere. */
  override readonly origin = "http://localhost:8787";

  static async agreeing(...purposes: Purpose[]): Promise<NumberDevice> {
    const device = new NumberDevice();
    await device.agree(...purposes);
    return device;
  }

  async agree(...purposes: Purpose[]): Promise<{ consentId: string }> {
    const answer = await this.grant(this.grantBody(this.statement({ purposes })));
    if (!answer.ok) throw new Error(`grant: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  start(number: string, change: Partial<SignedCall> = {}): Promise<Response> {
    return this.call({ method: "POST", path: ROUTES.verifications, json: { number }, ...change });
  }

  answer(id: string, number: string, code: string, change: Partial<SignedCall> = {}): Promise<Response> {
    return this.call({
      method: "POST",
      path: pathOf(ROUTES.verification, { id }),
      json: { number, code },
      ...change,
    });
  }

  async started(number: string): Promise<VerificationAnswer> {
    const answer = await this.start(number);
    if (answer.status !== 201) throw new Error(`start: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async verified(id: string, number: string, code: string): Promise<NumberProofAnswer> {
    const answer = await this.answer(id, number, code);
    if (answer.status !== 200) throw new Error(`answer: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** A German mobile number that no other test has. */
export function freshNumber(): string {
  const drawn = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `+491511${String(drawn % 10_000_000).padStart(7, "0")}`;
}

export function readNumber(text: string): TelephoneNumber {
  const number = parseNumber(text);
  if (number === undefined) throw new Error(`not a number: ${text}`);
  return number;
}

/** What is printed from now on. */
export function watchTerminal() {
  const lines: string[] = [];
  const spy = vi.spyOn(console, "warn").mockImplementation((...words) => {
    lines.push(words.join(" "));
  });
  return {
    lines,
    /** The newest code. */
    code: () => /: ([0-9]{6})$/.exec(lines.at(-1) ?? "")?.[1] ?? "",
    restore: () => spy.mockRestore(),
  };
}

/** Another code than the one that was sent. */
export function otherThan(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, "0");
}
