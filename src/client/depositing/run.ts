/**
 * A run: envelopes for one device, consecutive in the queue, that may leave in one frame, before it is known what
 * became of the first of them. That is so when nothing that may become of one changes what is right to say, or to do,
 * about those behind it:
 *
 * - A founding ends its run. If it is refused, what is sealed on its channel opens nowhere, and is dropped unsent.
 * - An envelope whose time is over is no part of one: it is asked about, or given up, without being sent.
 * - What is refused for good leaves a gap that the recipient's channel takes; those behind it go on, as ever.
 * - What is refused for a passing reason must not be overtaken: of what comes behind it in one frame for the same
 *   mailbox the relay takes nothing.
 */
import { MAX_UNANSWERED_BYTES } from "../../protocol/limits.ts";
import type { Queued } from "../queue.ts";

/** Half of what may be unanswered, and less, for it is counted in base64url: a long text leaves room for others. */
const RUN_CHARACTERS = MAX_UNANSWERED_BYTES / 2;

/** As many as the window of a connected device takes at once (WINDOW_MESSAGES). */
const RUN_ENVELOPES = 64;

/**
 * How many of `queue`, all of one device and in their order, may leave together from its beginning; 0 when the time of
 * the first is over.
 */
export function runLength(queue: readonly Queued[], now: number): number {
  let characters = 0;
  for (const [length, { envelope, position, expires, ttlSeconds }] of queue.entries()) {
    characters += envelope.length;
    const fits = length === 0 || (length < RUN_ENVELOPES && characters <= RUN_CHARACTERS);
    if (!fits || (ttlSeconds > 0 && expires <= now)) return length;
    if (position === 0) return length + 1;
  }
  return queue.length;
}
