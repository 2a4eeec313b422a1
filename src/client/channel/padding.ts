/**
 * Padding inside the seal: length, 2 octets big-endian | content | zeros to the end. One content has one padded
 * form of each size, so nothing can hide behind it.
 */
import { encodeShort } from "../../protocol/cursor.ts";

export const LENGTH_SIZE = 2;

/** @throws RangeError when the content and its length do not fit `size` octets. */
export function pad(content: Uint8Array, size: number): Uint8Array {
  if (content.length + LENGTH_SIZE > size) throw new RangeError("content: longer than its place");
  const padded = new Uint8Array(size);
  padded.set(encodeShort(content.length));
  padded.set(content, LENGTH_SIZE);
  return padded;
}

/** @returns undefined when the length points outside or the padding is not all zeros. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < LENGTH_SIZE) return undefined;
  const end = LENGTH_SIZE + (((padded[0] ?? 0) << 8) | (padded[1] ?? 0));
  if (end > padded.length || padded.subarray(end).some((octet) => octet !== 0)) return undefined;
  return padded.slice(LENGTH_SIZE, end);
}
