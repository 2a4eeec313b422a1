/**
 * Twilio Verify v2, `Verifications` and `VerificationCheck`, as twilio.com/docs/verify/api describes them: Basic
 * authentication by API key, forms, one verification and one code a number for ten minutes, five sends, five checks.
 */
import { randomBytes, randomInt } from "node:crypto";
import { type Answer, type Received, readForm, Vendor } from "./vendor.ts";

const E164 = /^\+[1-9][0-9]{1,14}$/;
const [MAX_SENDS, MAX_CHECKS] = [5, 5];

interface TwilioVerification {
  readonly sid: string;
  readonly to: string;
  readonly code: string;
  sends: number;
  checks: number;
  approved: boolean;
}

export class TwilioVerify extends Vendor {
  readonly service = `VA${randomBytes(16).toString("hex")}`;
  readonly key = `SK${randomBytes(16).toString("hex")}`;
  readonly secret = randomBytes(16).toString("base64url");
  readonly #verifications: TwilioVerification[] = [];

  get vars() {
    return {
      SMS_SENDER: "twilio-verify",
      SMS_VENDORS: "Twilio Inc., US",
      TWILIO_URL: `${this.origin}/v2`,
      TWILIO_SERVICE_SID: this.service,
      TWILIO_API_KEY: this.key,
      TWILIO_API_KEY_SECRET: this.secret,
    };
  }

  protected answer(request: Received): Answer {
    const credentials = Buffer.from(`${this.key}:${this.secret}`).toString("base64");
    if (request.headers.authorization !== `Basic ${credentials}`)
      return this.#refuse(401, 20003, "Authenticate");
    if (request.method !== "POST") return this.#refuse(405, 20004, "Method not allowed");
    switch (request.path) {
      case `/v2/Services/${this.service}/Verifications`:
        return this.#verify(request);
      case `/v2/Services/${this.service}/VerificationCheck`:
        return this.#check(request);
      default:
        return this.#refuse(404, 20404, `The requested resource ${request.path} was not found`);
    }
  }

  #verify(request: Received): Answer {
    const { To: to = "", Channel: channel } = readForm(request, "To", "Channel") ?? {};
    if (!E164.test(to)) return this.#refuse(400, 60200, "Invalid parameter `To`");
    if (channel !== "sms") return this.#refuse(400, 60200, "Invalid parameter `Channel`");
    const known = this.#verifications.find((other) => other.to === to && !other.approved);
    const sid = `VE${randomBytes(16).toString("hex")}`;
    const code = String(randomInt(1_000_000)).padStart(6, "0");
    const verification = known ?? { sid, to, code, sends: 0, checks: 0, approved: false };
    if (known === undefined) this.#verifications.push(verification);
    if (verification.sends >= MAX_SENDS) return limit(60203, "Max send attempts reached");
    verification.sends += 1;
    this.deliver(to, verification.code);
    return { status: 201, json: this.#resource(verification) };
  }

  #check(request: Received): Answer {
    const { VerificationSid: sid = "", Code: code = "" } = readForm(request, "VerificationSid", "Code") ?? {};
    if (!/^VE[0-9a-fA-F]{32}$/.test(sid))
      return this.#refuse(400, 60200, "Invalid parameter `VerificationSid`");
    if (!/^.{4,10}$/.test(code)) return this.#refuse(400, 60200, "Invalid parameter `Code`");
    const verification = this.#verifications.find((other) => other.sid === sid && !other.approved);
    if (verification === undefined) return limit(20404, "The requested resource was not found", 404);
    if (verification.checks >= MAX_CHECKS) return limit(60202, "Max check attempts reached");
    verification.checks += 1;
    verification.approved = verification.code === code;
    return { status: 200, json: this.#resource(verification) };
  }

  #resource({ sid, to, approved }: TwilioVerification) {
    const now = new Date().toISOString();
    return {
      ...{ sid, service_sid: this.service, account_sid: `AC${"0".repeat(32)}`, to, channel: "sms" },
      ...{ status: approved ? "approved" : "pending", valid: approved, amount: null, payee: null },
      ...{ date_created: now, date_updated: now },
    };
  }

  #refuse(status: number, code: number, message: string): Answer {
    this.violation(message);
    return limit(code, message, status);
  }
}

/** An answer that a client does right to get. */
function limit(code: number, message: string, status = 429): Answer {
  return { status, json: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
}
