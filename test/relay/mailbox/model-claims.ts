/** The model's one-time keys: who gets one, and how many go in a day. */
import { DAY, MAX_CLAIMS_A_DAY } from "../../../src/protocol/limits.ts";
import { type Model, type Step, wrote } from "./model-state.ts";

export function claimKey(model: Model): Step {
  if (claimsOf(model).today >= MAX_CLAIMS_A_DAY) return [model, "claim-limit"];
  if (model.oneTimeKeys.length === 0) return [model, "no-one-time-key"];
  const oneTime = model.oneTimeKeys.find(({ lastResort }) => !lastResort);
  const oneTimeKeys = model.oneTimeKeys.filter((key) => key !== oneTime);
  const claimedAt = [...model.claimedAt, model.now];
  const kind = oneTime === undefined ? "last-resort" : "one-time";
  return [wrote({ ...model, oneTimeKeys, claimedAt }), ["claimed", kind]];
}

/** How many keys went today, and when today's or yesterday's last one did. */
export function claimsOf({ claimedAt, now }: Model) {
  const on = (day: number) => claimedAt.filter((at) => dayOf(at) === day);
  const [today, yesterday] = [on(dayOf(now)), on(dayOf(now) - 1)];
  const reachedAt = today[MAX_CLAIMS_A_DAY - 1] ?? yesterday[MAX_CLAIMS_A_DAY - 1] ?? null;
  return { today: today.length, limit: MAX_CLAIMS_A_DAY, reachedAt };
}

function dayOf(at: number): number {
  return Math.floor(at / DAY);
}
