/**
 * Rows that fill a bucket up. They come from a keyed stream, so that they are the same at each fetch and on every
 * machine and nothing is stored for them; without the relay's secret nobody can tell them from sealed entries.
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { ROW_SIZE } from "../../protocol/directory/bucket.ts";
import type { Prefix } from "../../protocol/directory/prefix.ts";
import { currentSecret } from "../secrets/derived.ts";
import { hmac } from "../secrets/hmac.ts";

/** One key makes one stream only. */
const NONCE = new Uint8Array(12);

/** The first `count` dummies of a bucket: whoever asks for more gets these, and others behind them. */
export async function dummies(
  env: Env,
  version: number,
  { width, bits }: Prefix,
  count: number,
): Promise<Uint8Array[]> {
  const secret = currentSecret(env, "directory-dummies");
  const key = await hmac(secret, utf8ToBytes(`${version}\0${width}\0${bits}`));
  const stream = chacha20(key, NONCE, new Uint8Array(count * ROW_SIZE));
  return Array.from({ length: count }, (_, slot) => {
    const row = stream.slice(slot * ROW_SIZE, (slot + 1) * ROW_SIZE);
    writeBits(row, bits);
    return row;
  });
}

/** Its route id lies in the bucket, as every route id there does. */
function writeBits(row: Uint8Array, bits: string): void {
  for (const [i, bit] of [...bits].entries()) {
    const mask = 0x80 >> (i & 7);
    const octet = row[i >> 3] ?? 0;
    row[i >> 3] = bit === "1" ? octet | mask : octet & ~mask;
  }
}
