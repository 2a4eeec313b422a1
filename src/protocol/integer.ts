/**
 * Integers on the wire: 8 octets big-endian, never above 2^53 - 1, so that every language of either end,
 * JavaScript's numbers included, reads the same value.
 */
export const INTEGER_SIZE = 8;

/** @throws RangeError unless `value` is a safe integer of 0 or more. */
export function encodeInteger(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("value: a safe integer expected");
  const bytes = new Uint8Array(INTEGER_SIZE);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @returns undefined when 8 octets are not there at `offset` or the value is above 2^53 - 1. */
export function decodeInteger(bytes: Uint8Array, offset = 0): number | undefined {
  if (offset + INTEGER_SIZE > bytes.length) return undefined;
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}
