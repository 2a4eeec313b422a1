/** What stands between the relay and whoever sends SMS. */

export interface CodeSender {
  /**
   * Has a code sent.
   *
   * @param number E.164; never to be logged
   * @param code six digits; ignored by a sender that makes its own
   * @returns `reference`, printable ASCII, when the sender made the code and checks it: its name for it
   * @throws SenderFailure
   */
  send(number: string, code: string): Promise<{ readonly reference?: string }>;
  /**
   * Of a sender that makes its own codes. `gone`: it knows the code no more, or not any more after this attempt.
   *
   * @throws SenderFailure
   */
  readonly check?: (reference: string, code: string) => Promise<"right" | "wrong" | "gone">;
}

/** What a sender answered that is no answer. The message names neither number nor code. */
export class SenderFailure extends Error {
  override readonly name = "SenderFailure";
}

/** Settings or secrets of the chosen sender are missing or malformed. The message names them, not their values. */
export class SenderNotConfigured extends Error {
  override readonly name = "SenderNotConfigured";
}

/** Only our own words: what a sender, or the platform's fetch, says could quote a number. */
export function reportFailure(error: unknown): void {
  const ours = error instanceof SenderFailure || error instanceof SenderNotConfigured;
  const what = ours ? error.message : error instanceof Error ? error.name : "unknown";
  console.error("one-time code: the sender failed:", what);
}

/** A reference is stored and travels in a header. */
const REFERENCE = /^[\x21-\x7e]{1,64}$/;

/** @throws SenderFailure when it is not one */
export function readReference(reference: unknown): string {
  if (typeof reference !== "string" || !REFERENCE.test(reference))
    throw new SenderFailure("no reference in its answer");
  return reference;
}
