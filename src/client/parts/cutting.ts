/** Cutting a text that is too long for one envelope into parts, each sealed by itself. */
import { sha256 } from "@noble/hashes/sha2.js";

/**
 * Octets of the longest text: a small book, yet 18 envelopes at most, not a third of a mailbox's room; longer is
 * no text but a file.
 */
export const MAX_TEXT = 1024 * 1024;

/**
 * Parts of one text: 18 of the largest envelopes hold the longest text with all that a head can say; 32 leave
 * room for smaller ones and for heads that grow. Each part is an entry in its recipient's vault.
 */
export const MAX_PARTS = 32;

export interface CutText {
  /** SHA-256 of the whole body, 32 octets; every part carries it. */
  readonly wholeHash: Uint8Array;
  /** 2 to 32, in order; all of `room` octets but the last, which has at least one. */
  readonly parts: readonly Uint8Array[];
}

/**
 * Cuts at octets, not at characters: only the whole is text.
 *
 * @param body UTF-8
 * @param room octets of the body that one envelope has room for, beside everything else
 * @throws RangeError when the body is longer than 1 MiB, fits into one part, or would take more than 32
 */
export function cutText(body: Uint8Array, room: number): CutText {
  if (body.length > MAX_TEXT) throw new RangeError("body: at most 1 MiB expected");
  if (!Number.isInteger(room) || room < 1) throw new RangeError("room: at least 1 octet expected");
  const count = Math.ceil(body.length / room);
  if (count < 2) throw new RangeError("body: it fits into one envelope, there is nothing to cut");
  if (count > MAX_PARTS) throw new RangeError("room: too little for a text of this length in 32 parts");
  const parts = Array.from({ length: count }, (_, i) => body.slice(i * room, (i + 1) * room));
  return { wholeHash: sha256(body), parts };
}
