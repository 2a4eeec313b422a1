/** Sending a text to whatever the app named: a person, a conversation, or a number, with SMS behind it or without. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { BODY_ROOM, TextTooLongError } from "../addressing.ts";
import type { Fallback } from "../fallback/fallback.ts";
import type { Fallbacks } from "../fallback/fallbacks.ts";
import { readSmsAfter } from "../fallback/sms-after.ts";
import type { Sent } from "../sent.ts";
import type { Correspondents } from "./correspondents.ts";
import { looksLikeNumber } from "./number.ts";

export interface TextOptions {
  readonly ttlSeconds?: number;
  readonly revocable?: boolean;
}

export function sendText(
  correspondents: Correspondents,
  to: string,
  text: string,
  { ttlSeconds = MAX_TTL_SECONDS, revocable = false }: TextOptions,
): Promise<Sent> {
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > MAX_TTL_SECONDS)
    return Promise.reject(new RangeError("ttlSeconds: 0 to 604,800 expected"));
  return correspondents
    .recipient(to)
    .then((recipient) => correspondents.send(recipient, text, { ttlSeconds, revocable }));
}

/** @throws TextTooLongError also for one that could go by SMS: what may fall back must fit one envelope */
export async function sendTextOrSms(
  correspondents: Correspondents,
  fallbacks: Fallbacks,
  to: string,
  text: string,
  smsAfter: string,
): Promise<Fallback> {
  const after = readSmsAfter(smsAfter);
  if (utf8ToBytes(text).length > BODY_ROOM)
    throw new TextTooLongError("A text that may go by SMS must fit one envelope: 60,000 octets.");
  const number = await correspondents.numberOf(to);
  return fallbacks.send({ number, ...(looksLikeNumber(to) ? {} : { person: to }) }, text, after);
}
