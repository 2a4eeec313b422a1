/**
 * Reads fields one after another. Where one is not there, zeros are read and the whole is no longer `sound`:
 * a decoder asks once, at its end, instead of after each field.
 */
import { decodeInteger, INTEGER_SIZE } from "./integer.ts";

export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;
  #sound = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether every field read so far was there and readable. */
  get sound(): boolean {
    return this.#sound;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** What was read is not what may be there. */
  fail(): void {
    this.#sound = false;
  }

  /** A copy: a view would take the whole of `bytes` along wherever it is sent. */
  octets(length: number): Uint8Array {
    if (length > this.left) {
      this.fail();
      return new Uint8Array(length);
    }
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  octet(): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) this.fail();
    else this.#at++;
    return octet ?? 0;
  }

  /** 2 octets big-endian. */
  short(): number {
    return (this.octet() << 8) | this.octet();
  }

  /** 8 octets big-endian (integer.ts). */
  integer(): number {
    const value = decodeInteger(this.#bytes, this.#at);
    if (value === undefined) this.fail();
    this.#at = Math.min(this.#at + INTEGER_SIZE, this.#bytes.length);
    return value ?? 0;
  }

  /** Text of ASCII octets that print; anything else is not sound. */
  ascii(length: number): string {
    let text = "";
    for (let i = 0; i < length; i++) {
      const octet = this.octet();
      if (octet < 0x21 || octet > 0x7e) this.fail();
      text += String.fromCharCode(octet);
    }
    return text;
  }

  rest(): Uint8Array {
    return this.octets(this.left);
  }
}

/** 2 octets big-endian. @throws RangeError unless `value` is an integer from 0 to 65,535. */
export function encodeShort(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff)
    throw new RangeError("value: 0 to 65,535 expected");
  return Uint8Array.of(value >> 8, value & 0xff);
}
