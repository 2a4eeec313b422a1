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

/** Purposes that this relay can serve. One that is not here is neither shown nor taken. */
export function offeredPurposes(env: Env): readonly Purpose[] {
  return directoryKeys(env).length > 0 ? ["messaging", "number", "discovery"] : ["messaging", "number"];
}
