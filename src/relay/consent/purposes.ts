import type { Purpose } from "../../protocol/consent-statement.ts";
import { directoryKeys } from "../directory/keys.ts";

/** What each purpose is for, as the notice answer and the consent receipt say it. */
export const PURPOSE_DESCRIPTIONS: Readonly<Record<Purpose, string>> = {
  messaging: "Hold sealed messages for your device until it acknowledges them or their time ends.",
  number: "Check by a one-time code that a phone number is yours, so that you may look others up.",
  discovery: "Let people who already have your number find your device by it.",
  "wake-up": "Send your device an empty push when a message waits for it.",
  receipts: "Tell a sender when you have read a message.",
};

/**
 * Purposes that this relay can serve. One that is not here is neither shown nor taken.
 *
 * @param jurisdiction of the device; in one, nobody is listed in the directory, which is relay-wide (jurisdictions.ts)
 */
export function offeredPurposes(env: Env, jurisdiction = ""): readonly Purpose[] {
  const listed = jurisdiction === "" && directoryKeys(env).length > 0;
  return listed ? ["messaging", "number", "discovery"] : ["messaging", "number"];
}
