const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
/** By character code; none beyond ASCII. */
const VALUES = new Int8Array(128).fill(-1);
CODES.forEach((code, value) => {
  VALUES[code] = value;
});
const ASCII = new TextDecoder();

/** Base64url without padding (RFC 4648 §5), the form of every binary value in JSON, headers and addresses. */
export function encodeBase64url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    held = (held << 8) | (bytes[i] ?? 0);
    for (bits += 8; bits >= 6; ) {
      bits -= 6;
      codes[at++] = CODES[(held >> bits) & 63] ?? 0;
    }
  }
  if (bits > 0) codes[at] = CODES[(held << (6 - bits)) & 63] ?? 0;
  return ASCII.decode(codes);
}

/**
 * Decodes base64url without padding, and only the one canonical spelling: no padding, no white space, and
 * unused trailing bits zero. Two spellings of one value would be two addresses for one key.
 *
 * @returns the bytes, or undefined when `text` is not canonical or not `length` bytes long (if given).
 */
export function decodeBase64url(text: string, length?: number): Uint8Array | undefined {
  if (length !== undefined && text.length !== Math.ceil((length * 4) / 3)) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) return undefined;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
  }
  // Six bits over are a character that no octet needs.
  return bits < 6 && (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

/** Base64 with padding (RFC 4648 §4), the form of octets in HTTP fields (RFC 8941 §3.3.5). */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
