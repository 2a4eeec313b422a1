/**
 * Ids of messages: they grow with time and never repeat, without a counter row that each insert would have to
 * write too. 1,024 fit a millisecond; a burst above that runs ahead of the clock and the clock catches up.
 * `now * 1024` stays a safe integer for two centuries. An object that wakes knows only the ids that are still
 * stored: for the rest it relies on a clock that has moved on since it was put to sleep.
 */
export const PER_MILLISECOND = 1024;

/** @param last the greatest id given out or stored so far, 0 for none */
export function nextId(last: number, now: number): number {
  return Math.max(last + 1, now * PER_MILLISECOND);
}

/** When a message with this id came, ms since 1970. */
export function arrivedAt(id: number): number {
  return Math.floor(id / PER_MILLISECOND);
}
