import { base64urlnopad } from "@scure/base";

/** Base64url without padding (RFC 4648 §5), the form of every binary value in JSON, headers and addresses. */
export function encodeBase64url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/**
 * Decodes base64url without padding, and only the one canonical spelling: no padding, no white space, and
 * unused trailing bits zero. Two spellings of one value would be two addresses for one key.
 *
 * @returns the bytes, or undefined when `text` is not canonical or not `length` bytes long (if given).
 */
export function decodeBase64url(text: string, length?: number): Uint8Array | undefined {
  if (length !== undefined && text.length !== Math.ceil((length * 4) / 3)) return undefined;
  try {
    return base64urlnopad.decode(text);
  } catch {
    return undefined;
  }
}
