import { camaraSender } from "./camara.ts";
import { consoleSender } from "./console.ts";
import { isLoopback } from "./loopback.ts";
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

/**
 * `console` is what a relay is set to that nobody has set otherwise. Deployed so, it would write codes into the
 * platform's logs, where whoever reads them could verify anybody's number.
 *
 * @param hostname by which the relay was reached. The platform routes by it: nobody claims a deployed relay to be here
 * @throws SenderNotConfigured when codes would be printed elsewhere than on this machine
 */
export function requireSenderHere({ SMS_SENDER }: Env, hostname: string): void {
  if (SMS_SENDER === "console" && !isLoopback(hostname))
    throw new SenderNotConfigured("SMS_SENDER: console is for a relay on your own machine");
}
