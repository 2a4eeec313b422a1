/** SHA-256, and HKDF-SHA256 (RFC 5869) as extract and expand, for HPKE needs the two apart. */
import { createHash, createHmac } from "node:crypto";
import { join, octet } from "./octets.ts";

const NOTHING = new Uint8Array(0);

export function sha256(...octets: Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    createHash("sha256")
      .update(join(...octets))
      .digest(),
  );
}

export function extract(salt: Uint8Array, secret: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac("sha256", salt).update(secret).digest());
}

export function expand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  let output: Uint8Array = NOTHING;
  let block: Uint8Array = NOTHING;
  for (let i = 1; output.length < length; i += 1) {
    block = Uint8Array.from(
      createHmac("sha256", key)
        .update(join(block, info, octet(i)))
        .digest(),
    );
    output = join(output, block);
  }
  return output.slice(0, length);
}

/** HKDF with no salt. */
export function hkdf(secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return expand(extract(NOTHING, secret), info, length);
}
