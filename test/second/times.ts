/** The times of channels.md, in milliseconds. */
export const SECOND = 1000;
export const HOUR = 60 * 60 * SECOND;
export const DAY = 24 * HOUR;

/** The longest TTL, in seconds as the relay takes it. */
export const LONGEST_TTL = 604_800;
export const WEEK = LONGEST_TTL * SECOND;

/** How long a key to found on is served, and how long its private half is kept. */
export const KEY_SERVED = 14 * DAY;
export const KEY_KEPT = 21 * DAY;
