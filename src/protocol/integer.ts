/**
 * Integers on the wire: 8 octets big-endian, never above 2^53 - 1, so that every language of either end,
 * JavaScript's numbers included, reads the same value.
 */
export const INTEGER_SIZE = 8;

/** Read and written in two halves: a BigInt for each costs more than all else that is read of a frame. */
const HALF_SIZE = INTEGER_SIZE / 2;
const HALF = 2 ** 32;
/** The upper half of 2^53. */
const TOO_GREAT = 0x20_0000;

/** @throws RangeError unless `value` is a safe integer of 0 or more. */
export function encodeInteger(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("value: a safe integer expected");
  const bytes = new Uint8Array(INTEGER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / HALF));
  view.setUint32(HALF_SIZE, value % HALF);
  return bytes;
}

/** @returns undefined when 8 octets are not there at `offset` or the value is above 2^53 - 1. */
export function decodeInteger(bytes: Uint8Array, offset = 0): number | undefined {
  if (offset + INTEGER_SIZE > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const upper = view.getUint32(offset);
  return upper >= TOO_GREAT ? undefined : upper * HALF + view.getUint32(offset + HALF_SIZE);
}
