/**
 * All that could be a key in what a thief has: every 32 octets, at every offset, of every value, and of whatever
 * base64url in a value stands for. No format is trusted, so none that a fault adds can hide a key.
 */
const KEY_SIZE = 32;
/**
 * Above this a value is not gone through octet by octet; what it has in base64url is. Keys of channels are small things,
 * and a journaled text of 64 KiB would cost a minute.
 */
const MAX_VALUE = 4096;
const ENCODED_KEYS = /[A-Za-z0-9_-]{43,}/g;

/**
 * @param known values that are no secret, such as envelopes, in latin1
 * @returns each window once, of small values first: there a key is most of the value
 */
export function windowsOf(values: Iterable<Uint8Array>, known: ReadonlySet<string>): Set<string> {
  const distinct = new Set<string>();
  const add = (value: Uint8Array) => {
    const text = latin1(value);
    if (value.length < KEY_SIZE || known.has(text) || distinct.has(text)) return;
    distinct.add(text);
    for (const [run] of text.matchAll(ENCODED_KEYS)) add(new Uint8Array(Buffer.from(run, "base64url")));
  };
  for (const value of values) add(value);

  const windows = new Set<string>();
  for (const value of [...distinct].sort((a, b) => a.length - b.length))
    if (value.length <= MAX_VALUE)
      for (let at = 0; at + KEY_SIZE <= value.length; at++) {
        const window = value.slice(at, at + KEY_SIZE);
        if (!isNoKey(window)) windows.add(window);
      }
  return windows;
}

export function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}

/** Random octets are like this less than once in 2^45: all of them text, or ten of them zeros. */
function isNoKey(window: string): boolean {
  let text = 0;
  let zeros = 0;
  for (let i = 0; i < window.length; i++) {
    const octet = window.charCodeAt(i);
    if (octet === 0) zeros++;
    else if (octet >= 0x20 && octet < 0x7f) text++;
  }
  return text === window.length || zeros >= 10;
}
