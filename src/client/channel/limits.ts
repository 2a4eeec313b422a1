/** The channel's limits, each with its reason. Both ends must agree on the first three. */
import { DAY, MAX_HELD_MESSAGES } from "../../protocol/limits.ts";

/** Messages of one channel, founding's included: what a copied chain key can read ends with a busy day. */
export const CHANNEL_MESSAGES = 1000;

/** How long a channel is sealed on after its founding, in ms: the same bound for a quiet day. */
export const CHANNEL_USE = DAY;

/**
 * How far a recipient's tags reach beyond the newest message opened, and so how far a founder may run ahead of
 * what it knows the recipient has: within it, any loss on the way leaves every later message openable. 128 is
 * an evening of unanswered texts; its tags cost 2 ms to make at the founding and 15 KiB of vault.
 */
export const LOOK_AHEAD = 128;

/**
 * Channels that one founder may have open here at a time. An honest one needs nine (one a day, each kept for a
 * day of use and the longest TTL); the rest is for unanswered bursts. Beyond it foundings are refused.
 */
export const MAX_LIVE_CHANNELS = 64;

/** Keys kept for one founder's skipped messages: as many as a mailbox can hold. Beyond it the oldest go. */
export const MAX_KEPT_KEYS = MAX_HELD_MESSAGES;

/** Octets of a relay's origin in a text: with the longest, a founding in 2 KiB still holds 300 octets of text. */
export const MAX_ORIGIN_LENGTH = 128;

/**
 * Foundings on one one-time key that may fail in an hour before its envelopes are only set aside. Whoever claimed
 * the key needs one try; the others are junk, and each costs an HPKE opening, some 3 ms.
 */
export const KEY_FAILURES = 4;

/**
 * The same for the last-resort key, which everybody shares, and on which strangers who succeed count as well: each
 * leaves a look-ahead of 15 KiB. A burst costs half a second and 1 MiB, and one more try every half a minute lets an
 * honest founding through a flood.
 */
export const LAST_RESORT_FAILURES = 64;
export const LAST_RESORT_REFILL = 30 * 1000;
