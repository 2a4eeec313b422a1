/**
 * What is budgeted, and for whom. Budgets stand under keyed hashes, of a number's keyed hash or a network address,
 * never of a device or a consent: fresh keys, leaving and agreeing anew buy nothing. A relay-wide budget stands
 * behind those that anybody could have many of.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { CODES_PER_NUMBER, INTRODUCTIONS_PER_NUMBER, LOOK_UPS_PER_NUMBER } from "../../protocol/limits.ts";
import { currentSecret, type DerivedSecret, liveSecrets } from "../secrets/derived.ts";
import { hmac } from "../secrets/hmac.ts";
import type { BudgetLimit } from "./bucket.ts";
import { clientNetwork } from "./client-network.ts";
import { type Cost, type Spent, spendAll } from "./store.ts";

/** Counted for a number: the device that has verified it is shown all of them (held-budgets.ts). */
export const OF_A_NUMBER = [
  "look-ups of a number",
  "introductions of a number",
  "codes to a number",
] as const;

type Kind = (typeof OF_A_NUMBER)[number] | "codes asked from a network" | "look-ups of all" | "codes of all";

/** @param numberHash of the device that looks up (numbers/hash.ts) */
export async function spendLookUps(env: Env, numberHash: string, count: number, now: number): Promise<Spent> {
  const costs = [
    await cost(env, "look-ups of a number", numberHash, LOOK_UPS_PER_NUMBER, count),
    await cost(env, "look-ups of all", "", aDay(env.LOOK_UPS_PER_DAY), count),
  ];
  return spendAll(env.RECORDS, costs, now);
}

/** @param numberHash of the device that introduces itself (numbers/hash.ts) */
export async function spendIntroductions(
  env: Env,
  numberHash: string,
  count: number,
  now: number,
): Promise<Spent> {
  const costs = [await cost(env, "introductions of a number", numberHash, INTRODUCTIONS_PER_NUMBER, count)];
  return spendAll(env.RECORDS, costs, now);
}

/**
 * One code.
 *
 * @param to.numberHash of the number that it goes to (numbers/hash.ts)
 * @param to.clientAddress of whoever asks for it, as the platform names it
 */
export async function spendCode(
  env: Env,
  to: { readonly numberHash: string; readonly clientAddress: string },
  now: number,
): Promise<Spent> {
  const costs = [
    await cost(env, "codes to a number", to.numberHash, CODES_PER_NUMBER, 1),
    await cost(
      env,
      "codes asked from a network",
      clientNetwork(to.clientAddress),
      aDay(env.CODES_PER_NETWORK_PER_DAY),
      1,
    ),
    await cost(env, "codes of all", "", aDay(env.CODES_PER_DAY), 1),
  ];
  return spendAll(env.RECORDS, costs, now);
}

/** What a bucket is stored under. */
export function budgetSubject(env: Env, kind: Kind, who: string): Promise<string> {
  return subjectUnder(currentSecret(env, "budget"), kind, who);
}

/** The same, and what it was stored under before the secret was rotated: such rows stay until they have filled up. */
export function budgetSubjects(env: Env, kind: Kind, who: string): Promise<string[]> {
  return Promise.all(liveSecrets(env, "budget").map((secret) => subjectUnder(secret, kind, who)));
}

async function subjectUnder(secret: DerivedSecret, kind: Kind, who: string): Promise<string> {
  return encodeBase64url(await hmac(secret, utf8ToBytes(`${kind}\0${who}`)));
}

async function cost(env: Env, kind: Kind, who: string, limit: BudgetLimit, uses: number): Promise<Cost> {
  return { subject: await budgetSubject(env, kind, who), ...limit, cost: uses };
}

/** An operator's limit: a day's uses, which may also be used up at once. */
function aDay(perDay: number): BudgetLimit {
  return { capacity: perDay, perDay };
}
