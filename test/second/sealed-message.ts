/** "Messages": the ratchet's step, the sealed form, and the size classes. */
import { xOpen, xSeal } from "./chacha20-poly1305.ts";
import { hkdf } from "./hashing.ts";
import { ascii, join, octet, short } from "./octets.ts";

const TAG = 16;
const NONCE = 24;
const MAC = 16;
const LENGTH = 2;

export const VERSION = octet(0x01);
/** Before the sealed message of an envelope that founds nothing: version and tag. */
export const PLAIN_HEAD = 1 + TAG;
/** Nonce, MAC and length: what a content takes beside its own octets. */
const SEALING = NONCE + MAC + LENGTH;

const CLASSES = [2, 4, 8, 16, 32, 64].map((kib) => kib * 1024);

/** The smallest envelope with room for the content behind `head` octets, or undefined if there is none. */
export function sizeFor(head: number, content: Uint8Array): number | undefined {
  return CLASSES.find((size) => size >= head + SEALING + content.length);
}

export function isSize(size: number): boolean {
  return CLASSES.includes(size);
}

export interface Step {
  readonly chainKey: Uint8Array;
  readonly messageKey: Uint8Array;
  readonly tag: Uint8Array;
}

/** What chain key i gives: chain key i+1, message key i, tag i. */
export function step(chainKey: Uint8Array): Step {
  const octets = hkdf(chainKey, ascii("restante/step/1"), 80);
  return { chainKey: octets.slice(0, 32), messageKey: octets.slice(32, 64), tag: octets.slice(64) };
}

function aad(tag: Uint8Array, envelopeSize: number): Uint8Array {
  return join(VERSION, tag, sizeOctets(envelopeSize));
}

/** 4 octets big-endian. */
export function sizeOctets(size: number): Uint8Array {
  return join(short(size >>> 16), short(size & 0xffff));
}

/** Fills an envelope of `size` from octet `head` on. */
export function sealMessage(
  { messageKey, tag }: Step,
  nonce: Uint8Array,
  content: Uint8Array,
  head: number,
  size: number,
): Uint8Array {
  const padding = new Uint8Array(size - head - SEALING - content.length);
  const plaintext = join(short(content.length), content, padding);
  return join(nonce, xSeal(messageKey, nonce, aad(tag, size), plaintext));
}

/** The content, or undefined for a wrong seal or a padding that is not all zeros. */
export function openMessage(
  { messageKey, tag }: Omit<Step, "chainKey">,
  sealed: Uint8Array,
  size: number,
): Uint8Array | undefined {
  const nonce = sealed.slice(0, NONCE);
  const plaintext = xOpen(messageKey, nonce, aad(tag, size), sealed.slice(NONCE));
  if (plaintext === undefined) return undefined;
  const [high = 0, low = 0] = plaintext;
  const end = LENGTH + high * 256 + low;
  if (end > plaintext.length || plaintext.slice(end).some((padding) => padding !== 0)) return undefined;
  return plaintext.slice(LENGTH, end);
}
