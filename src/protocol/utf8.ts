const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads UTF-8 so that different octets are different texts: a byte order mark stays in the text, and malformed
 * octets are refused instead of replaced.
 *
 * @returns undefined for octets that are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}

/** For what is done for each message: @noble's utf8ToBytes makes an encoder each time, and copies what that returned. */
export function encodeUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}
