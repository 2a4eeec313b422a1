/**
 * X25519 (RFC 7748 §5): the platform's own, several times as fast as a library's and in constant time, and the
 * library's where the platform has none: in older browsers, and in pages without a secure context.
 *
 * Both give the same for all octets. Both refuse a share of small order, which would make the secret zeros
 * (RFC 7748 §6.1): the platform by throwing, upon which the library is asked, and throws as well.
 */
import { x25519 } from "@noble/curves/ed25519.js";
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";

/** Octets of a scalar, a share and a secret. */
const SIZE = 32;

/** The base point's u-coordinate, 9. */
const BASE = x25519.GuBytes;

/** PKCS #8 around the 32 octets of a private key (RFC 8410 §7): platforms import these in no shorter form. */
const PRIVATE_KEY_HEAD = hexToBytes("302e020100300506032b656e04220420");

/** The share that goes with a private scalar, both 32 octets. */
export function publicShare(scalar: Uint8Array): Promise<Uint8Array> {
  return agree(scalar, BASE);
}

/**
 * The secret of a scalar and the other side's share.
 *
 * @throws RangeError when either is not 32 octets, Error for a share of small order
 */
export async function agree(scalar: Uint8Array, share: Uint8Array): Promise<Uint8Array> {
  // Node's takes a longer private key for one of 32 octets.
  if (scalar.length !== SIZE || share.length !== SIZE) throw new RangeError("32 octets expected");
  try {
    const { subtle } = crypto;
    const pkcs8 = concatBytes(PRIVATE_KEY_HEAD, scalar);
    const [own, theirs] = await Promise.all([
      subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]).finally(() => pkcs8.fill(0)),
      subtle.importKey("raw", new Uint8Array(share), "X25519", false, []),
    ]);
    return new Uint8Array(await subtle.deriveBits({ name: "X25519", public: theirs }, own, 8 * SIZE));
  } catch {
    return share === BASE ? x25519.getPublicKey(scalar) : x25519.getSharedSecret(scalar, share);
  }
}
