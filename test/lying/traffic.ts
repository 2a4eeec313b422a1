/** All that a relay was ever shown and ever said, and whether something can be found in it. */
export interface Exchange {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly answer: string;
}

export class Traffic {
  readonly exchanges: Exchange[] = [];

  /** Whether these octets were anywhere in it: as they are, in hex, or in base64 of either alphabet. */
  shows(octets: Uint8Array): boolean {
    const needles = spellings(Buffer.from(octets));
    return this.exchanges.some(({ path, headers, body, answer }) =>
      [Buffer.from(body), Buffer.from(path), Buffer.from(JSON.stringify(headers)), Buffer.from(answer)].some(
        (haystack) => needles.some((needle) => haystack.includes(needle)),
      ),
    );
  }
}

/** Base64 has three spellings of the same octets, by where in a group of three they begin. */
function spellings(octets: Buffer): Buffer[] {
  const found = [octets, Buffer.from(octets.toString("hex"))];
  for (const before of [0, 1, 2]) {
    const whole = octets.length - ((before + octets.length) % 3);
    const padded = Buffer.concat([Buffer.alloc(before), octets.subarray(0, whole)]);
    // The first group mixes with what came before.
    const inner = before === 0 ? 0 : 4;
    found.push(Buffer.from(padded.toString("base64").slice(inner)));
    found.push(Buffer.from(padded.toString("base64url").slice(inner)));
  }
  return found;
}
