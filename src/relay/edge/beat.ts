/**
 * When a mailbox's refusal leaves. The answers to a sender who is not let in are equal bytes, but not equal work: a
 * mailbox that is open to others has tables to read, one that was withdrawn has none, and a former contact with a
 * clock could tell them apart. So a refusal leaves on the next beat after its request came, whatever it took.
 */
import { REFUSAL_BEAT } from "../../protocol/limits.ts";

/** @returns ms from now to the next beat, more than 0, when the request came `elapsed` ms ago */
export function untilBeat(elapsed: number): number {
  return REFUSAL_BEAT - (elapsed % REFUSAL_BEAT);
}

/** @param came when the request came, by this machine's clock, which moves on only while something is waited for */
export function nextBeat(came: number): Promise<void> {
  return scheduler.wait(untilBeat(Date.now() - came));
}
