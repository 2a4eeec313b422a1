/**
 * Envelopes: the only thing a mailbox holds. Both kinds look alike to whoever has no key.
 *
 *     offset  size
 *          0     1   version, 0x01
 *          1    16   rolling tag of a channel's message, or the id of the key that a founding is sealed to
 *         17     …   sealed bytes, padded so that the whole is one of the size classes
 *
 * The relay checks version and size and can check no more; that the rest is encrypted is the client's doing.
 */
export const ENVELOPE_VERSION = 0x01;
export const TAG_SIZE = 16;
export const ENVELOPE_HEADER_SIZE = 1 + TAG_SIZE;

/** Octets of a whole envelope. Six sizes say little of a text's length; 2 KiB hold a founding and a first text. */
export const SIZE_CLASSES = [2048, 4096, 8192, 16384, 32768, 65536] as const;
export const MAX_ENVELOPE_SIZE = 65536;

/** The smallest class that holds `size` octets, or undefined when none does. */
export function sizeClass(size: number): number | undefined {
  return SIZE_CLASSES.find((candidate) => candidate >= size);
}

/** Whether the bytes have an envelope's version and one of its sizes. */
export function isEnvelope(bytes: Uint8Array): boolean {
  return bytes[0] === ENVELOPE_VERSION && SIZE_CLASSES.some((size) => size === bytes.length);
}

/** @throws RangeError when the tag is not 16 octets or the whole is not of a size class. */
export function encodeEnvelope(tag: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (tag.length !== TAG_SIZE) throw new RangeError("tag: 16 octets expected");
  const bytes = new Uint8Array(ENVELOPE_HEADER_SIZE + sealed.length);
  bytes[0] = ENVELOPE_VERSION;
  bytes.set(tag, 1);
  bytes.set(sealed, ENVELOPE_HEADER_SIZE);
  if (!isEnvelope(bytes)) throw new RangeError("sealed: must fill a size class");
  return bytes;
}

/** @returns undefined when the bytes are not an envelope. */
export function decodeEnvelope(bytes: Uint8Array): { tag: Uint8Array; sealed: Uint8Array } | undefined {
  if (!isEnvelope(bytes)) return undefined;
  return { tag: bytes.slice(1, ENVELOPE_HEADER_SIZE), sealed: bytes.slice(ENVELOPE_HEADER_SIZE) };
}
