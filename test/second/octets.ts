/** Octets in and out: channels.md, "Notation". */

/** What a reader throws, and only `decoded` catches. */
class Malformed extends Error {}

export function malformed(): never {
  throw new Malformed();
}

/** What `read` makes of all of the octets, or undefined when they are not the one exact form. */
export function decoded<T>(octets: Uint8Array, read: (from: Reader) => T): T | undefined {
  const reader = new Reader(octets);
  try {
    const value = read(reader);
    return reader.left === 0 ? value : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

export class Reader {
  private readonly octets: Uint8Array;
  private at = 0;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }

  get left(): number {
    return this.octets.length - this.at;
  }

  take(length: number): Uint8Array {
    if (length > this.left) malformed();
    this.at += length;
    return this.octets.slice(this.at - length, this.at);
  }

  octet(): number {
    return this.take(1)[0] ?? malformed();
  }

  short(): number {
    return this.octet() * 256 + this.octet();
  }

  integer(): number {
    const value = new DataView(this.take(8).buffer).getBigUint64(0);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : malformed();
  }

  named(): string {
    const octets = this.take(this.octet());
    if (octets.some((octet) => octet < 0x21 || octet > 0x7e)) malformed();
    return String.fromCharCode(...octets);
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function octet(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function short(value: number): Uint8Array {
  if (value < 0 || value > 0xffff) throw new RangeError("a short is 0 to 65,535");
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function integer(value: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return octets;
}

export function named(text: string): Uint8Array {
  if (text.length > 255) throw new RangeError("a named text has at most 255 octets");
  return join(octet(text.length), ascii(text));
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

export function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** Octet order of ASCII texts; JavaScript's own `<` agrees, as every character is one octet. */
export function inOctetOrder(texts: readonly string[]): string[] {
  return [...texts].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
}
