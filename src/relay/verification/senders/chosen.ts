import { camaraSender } from "./camara.ts";
import { consoleSender } from "./console.ts";
import { type CodeSender, SenderNotConfigured } from "./sender.ts";
import { twilioVerifySender } from "./twilio-verify.ts";
import { webhookSender } from "./webhook.ts";

/**
 * The sender that `SMS_SENDER` names.
 *
 * @throws SenderNotConfigured when it is none, or lacks settings or secrets
 */
export function chosenSender(env: Env): CodeSender {
  switch (env.SMS_SENDER) {
    case "console":
      return consoleSender;
    case "webhook":
      return webhookSender(env);
    case "twilio-verify":
      return twilioVerifySender(env);
    case "camara":
      return camaraSender(env);
    default:
      throw new SenderNotConfigured("SMS_SENDER: console, webhook, twilio-verify or camara expected");
  }
}
