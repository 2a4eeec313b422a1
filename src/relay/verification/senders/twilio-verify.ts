/**
 * Twilio Verify v2, by SMS: `Verifications` and `VerificationCheck` of a service. Twilio makes the code and checks it.
 * Within ten minutes it sends one number the same code again, whoever asks: two devices that verify one number then
 * share Twilio's five attempts.
 */
import { encodeBase64 } from "../../../protocol/base64url.ts";
import { post, unexpected } from "./post.ts";
import { type CodeSender, readReference } from "./sender.ts";
import { setting, urlSetting } from "./settings.ts";

const URL_OF_TWILIO = "https://verify.twilio.com/v2";

/** @throws SenderNotConfigured */
export function twilioVerifySender(env: Env): CodeSender {
  const service = encodeURIComponent(setting(env, "TWILIO_SERVICE_SID"));
  const url = `${urlSetting(env, "TWILIO_URL", URL_OF_TWILIO)}/Services/${service}`;
  const credentials = `${setting(env, "TWILIO_API_KEY")}:${setting(env, "TWILIO_API_KEY_SECRET")}`;
  const headers = {
    authorization: `Basic ${encodeBase64(new TextEncoder().encode(credentials))}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  return {
    async send(number) {
      const form = new URLSearchParams({ To: number, Channel: "sms" });
      const answer = await post(`${url}/Verifications`, headers, form);
      if (answer.status !== 201 || answer.body?.status !== "pending") throw unexpected(answer);
      return { reference: readReference(answer.body.sid) };
    },
    async check(reference, code) {
      const form = new URLSearchParams({ VerificationSid: reference, Code: code });
      const answer = await post(`${url}/VerificationCheck`, headers, form);
      // 404 (20404): expired, approved before or used up. 429 (60202): the last attempt has been. A 404 also comes
      // for a service that is not there, but then no code was ever sent.
      if (answer.status === 404 || (answer.status === 429 && answer.body?.code === 60202)) return "gone";
      if (answer.status !== 200) throw unexpected(answer);
      switch (answer.body?.status) {
        case "approved":
          return "right";
        case "pending":
          return "wrong";
        case "canceled":
        case "expired":
        case "deleted":
        case "failed":
        case "max_attempts_reached":
          return "gone";
        default:
          throw unexpected(answer);
      }
    },
  };
}
