/**
 * CAMARA One-Time-Password SMS 1.1, the mobile operators' own: `send-code` and `validate-code`. The operator makes the
 * code and checks it. A newer code for a number ends the older ones, whoever asked for them.
 */
import { camaraToken } from "./camara-token.ts";
import { type Answer, post, unexpected } from "./post.ts";
import { type CodeSender, readReference } from "./sender.ts";
import { setting, urlSetting } from "./settings.ts";

/** At most 160 characters; `{{code}}` is where the operator puts it. */
const MESSAGE = "{{code}} is your Restante code. It shows that this number is yours: give it to nobody.";

const GONE: readonly unknown[] = [
  "ONE_TIME_PASSWORD_SMS.VERIFICATION_EXPIRED",
  "ONE_TIME_PASSWORD_SMS.VERIFICATION_FAILED",
];

/** @throws SenderNotConfigured */
export function camaraSender(env: Env): CodeSender {
  const url = urlSetting(env, "CAMARA_URL");
  const client = {
    tokenUrl: urlSetting(env, "CAMARA_TOKEN_URL"),
    id: setting(env, "CAMARA_CLIENT_ID"),
    key: setting(env, "CAMARA_CLIENT_KEY"),
    scope: setting(env, "CAMARA_SCOPE", "dpv:IdentityVerification one-time-password-sms:send-validate"),
  };
  const call = async (operation: string, body: Record<string, string>): Promise<Answer> => {
    const headers = {
      authorization: `Bearer ${await camaraToken(client)}`,
      "content-type": "application/json",
    };
    return post(`${url}/${operation}`, headers, JSON.stringify(body));
  };
  return {
    async send(phoneNumber) {
      const answer = await call("send-code", { phoneNumber, message: MESSAGE });
      if (answer.status !== 200) throw unexpected(answer);
      return { reference: readReference(answer.body?.authenticationId) };
    },
    async check(authenticationId, code) {
      const answer = await call("validate-code", { authenticationId, code });
      if (answer.status === 204) return "right";
      if (answer.status === 404) return "gone";
      if (answer.status !== 400) throw unexpected(answer);
      if (answer.body?.code === "ONE_TIME_PASSWORD_SMS.INVALID_OTP") return "wrong";
      if (GONE.includes(answer.body?.code)) return "gone";
      throw unexpected(answer);
    },
  };
}
